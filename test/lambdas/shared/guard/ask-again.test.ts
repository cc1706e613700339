import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../../lambdas/shared/actions/action.ts';
import { GuardRefusedError, ThrottledError } from '../../../../lambdas/shared/errors.ts';
import { askAgain, lookCountsForMs } from '../../../../lambdas/shared/guard/ask-again.ts';
import type { GuardFacts } from '../../../../lambdas/shared/guard/read-facts.ts';
import { buildCohort } from '../../../builders/action-request.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildDescription, fuseTags } from '../../../builders/server.ts';

const [a, b] = ['i-0000000000000000a', 'i-0000000000000000b'];
const change: Change = { target: 'eni-a', server: a, before: {}, intended: {} };
const known = (over: Partial<ReturnType<typeof buildDescription>> = {}): GuardFacts => ({
  mode: 'armed',
  servers: new Map([
    [a, buildDescription({ id: a, ...over })],
    [b, buildDescription({ id: b })],
  ]),
});

describe('askAgain', () => {
  let nowMs: number;
  let reads: number;
  let present: () => Promise<GuardFacts>;

  const ask = (keepsAlive = false) =>
    askAgain(
      { atMs: 1000, facts: known() },
      {
        action: { keepsAlive },
        cohort: buildCohort({ servers: [a, b] }),
        policy: buildPolicy(),
        nowMs: () => nowMs,
        read: async () => {
          reads += 1;
          return present();
        },
      },
    );
  beforeEach(() => {
    nowMs = 1000;
    reads = 0;
    present = async () => Promise.resolve(known());
  });

  it('reads nothing as long as the first look counts', async () => {
    present = async () => Promise.resolve(known({ tags: fuseTags({ lifeline: 'clearing' }) }));
    nowMs += lookCountsForMs - 1;

    await expect(ask()(change)).resolves.toBeUndefined();
    expect(reads).toBe(0);
  });

  it('reads once for all who ask after that, and again when that look is old', async () => {
    const asking = ask();
    nowMs += lookCountsForMs;

    await Promise.all([asking(change), asking(change), asking({ ...change, server: b })]);
    const readsBefore = reads;
    nowMs += lookCountsForMs;
    await asking(change);

    expect([readsBefore, reads]).toEqual([1, 2]);
  });

  it('reads again when the clock was set back: how old the look is cannot be told then', async () => {
    nowMs -= lookCountsForMs;

    await ask()(change);

    expect(reads).toBe(1);
  });

  it.each([
    ['a lifeline', known({ tags: fuseTags({ lifeline: 'clearing' }) }), 'lifeline'],
    ['nobody knows any more', { mode: 'armed', servers: new Map() }, 'could not be read'],
    ['terminated', known({ state: 'terminated' }), 'terminated'],
    ['to be left alone, for the fuse is off', { ...known(), mode: 'off' }, 'The fuse is off'],
    ['only to be looked at, for the fuse is in shadow', { ...known(), mode: 'shadow' }, 'switched to shadow'],
  ] as const)('refuses a server that is %s by now', async (_, facts, words) => {
    present = async () => Promise.resolve(facts);
    nowMs += lookCountsForMs;

    const asked = ask()(change);

    await expect(asked).rejects.toThrow(GuardRefusedError);
    await expect(asked).rejects.toThrow(words);
    await expect(asked).rejects.toThrow('eni-a not touched');
  });

  it('refuses a change that another server feels which is a lifeline by now, and no other', async () => {
    present = async () => Promise.resolve(known({ tags: fuseTags({ lifeline: 'clearing' }) }));
    nowMs += lookCountsForMs;
    const asking = ask();

    await expect(asking({ ...change, server: b, alsoTouches: [a] })).rejects.toThrow('lifeline');
    await expect(asking({ ...change, server: b })).resolves.toBeUndefined();
  });

  it('refuses a change that is felt by a server outside the cohort, of which nothing was read', async () => {
    const stranger = 'i-0000000000000000e';

    await expect(ask()({ ...change, alsoTouches: [stranger] })).rejects.toThrow('could not be read');
  });

  it('refuses what keeps lifelines alive on a server that is none by now', async () => {
    nowMs += lookCountsForMs;

    await expect(ask(true)(change)).rejects.toThrow('no lifeline');
  });

  it('lets nothing through when it cannot read, in the words by which callers know what passes, and reads again later', async () => {
    const cause = Object.assign(new Error('slow down'), { name: 'RequestLimitExceeded' });
    present = async () => Promise.reject(new ThrottledError('Servers not read', { cause }));
    const asking = ask();
    nowMs += lookCountsForMs;

    await expect(asking(change)).rejects.toBe(cause);
    await expect(asking(change)).rejects.toBe(cause);
    present = async () => Promise.resolve(known());
    nowMs += lookCountsForMs;

    await expect(asking(change)).resolves.toBeUndefined();
    expect(reads).toBe(2);
  });

  it('throws what has no cause as it is', async () => {
    const error = new ThrottledError('Servers not read');
    present = async () => Promise.reject(error);
    nowMs += lookCountsForMs;

    await expect(ask()(change)).rejects.toBe(error);
  });
});
