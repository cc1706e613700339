import { describe, expect, it } from 'vitest';
import { runMachine, VirtualClock } from '../../lab/asl/interpreter.ts';
import { lintMachine } from '../../lab/asl/lint.ts';
import { listBranches, runState } from '../../lab/asl/walk.ts';
import { readMachine } from './machines.ts';

const restore = readMachine('restore');
const branches = listBranches(restore);
const request = { incidentId: 'inc-00000000000000000001', requestedBy: 'ada', reason: 'false alarm' };

/** Runs the machine over `entries`; `lost` names steps whose function is lost for good. */
async function run(entries: readonly string[], lost: readonly string[] = []) {
  const calls: Record<string, unknown>[] = [];
  const execution = await runMachine(restore, request, {
    clock: new VirtualClock(),
    handlers: {
      'arn:aws:states:::lambda:invoke': async ({ arguments: given }) => {
        const { Payload } = given as { Payload: Record<string, unknown> };
        calls.push(Payload);
        const subject =
          `${String(Payload['step'])} ${typeof Payload['entry'] === 'string' ? Payload['entry'] : ''}`.trim();
        if (lost.includes(subject)) throw Object.assign(new Error('gone'), { name: 'MessageInvalidError' });
        if (Payload['step'] === 'find-entries') return { Payload: { entries } };
        return { Payload: { entry: Payload['entry'] ?? null, status: 'undone', summary: '' } };
      },
    },
  });
  return { execution, calls, undone: calls.filter(({ step }) => step === 'undo-entry').map(({ entry }) => entry) };
}

describe('restore.asl.json', () => {
  it('is clean for the validator and for our own linter', () => {
    expect(lintMachine(restore)).toEqual([]);
  });

  it.each(branches.filter(({ kind }) => kind === 'catch'))(
    'catches any loss of $state and goes to $target',
    async ({ state, target }) => {
      const outcome = await runState(restore, state, {
        input: { entries: ['a'], request, entry: 'a' },
        variables: { request, failure: null },
        mock: { error: { error: 'MessageInvalidError', cause: 'gone' } },
      });

      expect(outcome).toMatchObject({ status: 'CAUGHT_ERROR', next: target });
    },
  );

  it.each(
    branches
      .filter(({ kind }) => kind === 'retry')
      .flatMap(({ state, errorEquals = [] }) => errorEquals.map((error) => ({ state, error }))),
  )('tries $state again after $error', async ({ state, error }) => {
    const outcome = await runState(restore, state, {
      input: { request, entry: 'a' },
      variables: { request, failure: null },
      mock: { error: { error, cause: 'for now' } },
    });

    expect(outcome.status).toBe('RETRIABLE');
  });

  it('undoes the entries one after the other, in the order found', async () => {
    const { undone, execution } = await run(['third', 'second', 'first']);

    expect(undone).toEqual(['third', 'second', 'first']);
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('goes on with the other entries when one is lost, and hands the loss on', async () => {
    const { undone, calls } = await run(['second', 'first'], ['undo-entry second']);

    expect(undone).toEqual(['second', 'first']);
    expect(calls.at(-1)).toMatchObject({
      step: 'close-restore',
      results: [{ entry: 'second', status: 'failed' }, { status: 'undone' }],
    });
  });

  it('closes with the failure when nothing could be looked up', async () => {
    const { calls } = await run([], ['find-entries']);

    expect(calls.at(-1)).toMatchObject({
      step: 'close-restore',
      results: [],
      failure: { error: 'MessageInvalidError' },
    });
  });

  it('ends red when closing reports what did not come back', async () => {
    const { execution } = await run([], ['close-restore']);

    expect(execution).toMatchObject({ status: 'FAILED', error: 'MessageInvalidError' });
    expect(execution.path.at(-1)).toBe('Restore failed');
  });

  it('has no branch that is neither a catcher nor a retrier', () => {
    expect(new Set(branches.map(({ kind }) => kind))).toEqual(new Set(['catch', 'retry']));
  });
});
