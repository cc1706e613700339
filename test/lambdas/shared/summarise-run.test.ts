import { describe, expect, it } from 'vitest';
import type { Change, Observation } from '../../../lambdas/shared/actions/action.ts';
import type { Remark } from '../../../lambdas/shared/contracts/action.ts';
import { summariseRun, type RunResult } from '../../../lambdas/shared/summarise-run.ts';

const at = '2026-05-06T07:05:33.000Z';
const firstCallAt = '2026-05-06T07:05:32.000Z';

const changes = (count: number): Change[] =>
  Array.from({ length: count }, (_, index) => ({ target: `eni-${index}`, server: 'i-1', before: {}, intended: {} }));
const remarks = (word: string, count: number): Remark[] =>
  Array.from({ length: count }, (_, index) => ({ target: `${word}-${index}`, reason: `is ${word}` }));

interface Counts {
  readonly allowed?: number;
  readonly held?: number;
  readonly refused?: number;
  readonly unable?: number;
  readonly leftAlone?: number;
}

/** A run that changed something, unless it is told otherwise; what is not held was seen to be open. */
function build(counts: Counts = {}, over: Partial<RunResult> = {}): RunResult {
  const { allowed = 0, held = 0, refused = 0, unable = 0, leftAlone = 0 } = counts;
  const observe = ({ target }: Change, index: number): Observation => ({
    target,
    held: index < held,
    seen: 'something',
    reason: index < held ? 'is cut' : 'is still open',
    connectionsCut: 3,
  });
  return {
    key: { incidentId: 'inc-1', action: 'revoke-security-groups', cohortId: 'c1' },
    judgement: {
      mode: 'armed',
      allowed: changes(allowed),
      refusals: remarks('refused', refused),
      unable: remarks('unable', unable),
      leftAlone: remarks('left-alone', leftAlone),
    },
    observations: changes(allowed).map(observe),
    callRemarks: [],
    firstCallAt,
    wasMutating: true,
    at,
    ...over,
  };
}

const planned: Partial<RunResult> = { wasMutating: false, observations: [], firstCallAt: null };

describe('summariseRun', () => {
  it('tells a run that held: counts, times and what it cut', () => {
    const { outcome } = summariseRun(build({ allowed: 2, held: 2 }));

    expect(outcome).toEqual({
      action: 'revoke-security-groups',
      cohortId: 'c1',
      status: 'verified',
      summary: '2 of 2 changes verified',
      counts: { planned: 2, verified: 2, failed: 0, refused: 0, connectionsCut: 6 },
      remarks: [],
      firstCallAt,
      verifiedAt: at,
    });
  });

  it.each<[string, Counts, Partial<RunResult>, string]>([
    ['verified', { allowed: 2, held: 2, leftAlone: 1 }, {}, '2 of 2 changes verified, 1 left alone'],
    ['partial', { allowed: 2, held: 1 }, {}, '1 of 2 changes verified, 1 failed'],
    ['partial', { allowed: 1, held: 1, refused: 1 }, {}, '1 of 1 changes verified, 1 refused: is refused'],
    ['partial', { allowed: 2, held: 1, refused: 1 }, {}, '1 of 2 changes verified, 1 failed, 1 refused: is refused'],
    ['partial', { allowed: 1, held: 1, unable: 1 }, {}, '1 of 1 changes verified, 1 failed'],
    ['failed', { allowed: 2 }, {}, '0 of 2 changes verified, 2 failed'],
    ['failed', { unable: 2 }, planned, 'Nothing to change, 2 failed'],
    ['failed', { unable: 1, refused: 1 }, planned, 'Nothing to change, 1 failed, 1 refused: is refused'],
    ['refused', { refused: 2 }, planned, 'Nothing to change, 2 refused: is refused'],
    ['unchanged', {}, planned, 'Nothing to change'],
    ['unchanged', { leftAlone: 2 }, planned, 'Nothing to change, 2 left alone'],
    ['planned', { allowed: 2 }, planned, '2 changes planned in armed mode'],
    [
      'planned',
      { allowed: 2, unable: 1, refused: 1 },
      planned,
      '2 changes planned in armed mode, 1 failed, 1 refused: is refused',
    ],
  ])('says %s of %j', (status, counts, over, summary) => {
    const { outcome } = summariseRun(build(counts, over));

    expect(outcome).toMatchObject({ status, summary });
  });

  it('counts what failed before any call, and what did not hold after one', () => {
    const counts = { allowed: 3, held: 1, unable: 2, refused: 1 };

    expect(summariseRun(build(counts)).outcome.counts).toEqual({
      planned: 3,
      verified: 1,
      failed: 4,
      refused: 1,
      connectionsCut: 9,
    });
    expect(summariseRun(build(counts, planned)).outcome.counts).toMatchObject({ verified: 0, failed: 2 });
  });

  it('has been verified at no time where nothing was changed', () => {
    expect(summariseRun(build({ allowed: 1 }, planned)).outcome).toMatchObject({ firstCallAt: null, verifiedAt: null });
  });

  it('does not count what was seen to hold and is no change of this run', () => {
    const stray: Observation = { target: 'eni-9', held: true, seen: 'x', reason: '', connectionsCut: 0 };

    expect(summariseRun(build({ allowed: 1 }, { observations: [stray] })).outcome.status).toBe('failed');
  });

  it('remarks on what failed first, then on what was refused, did not hold, was said by the calls, was left alone', () => {
    const callRemarks = [{ target: 'eni-1', reason: 'AccessDenied' }];

    const { remarks: all } = summariseRun(
      build({ allowed: 2, held: 1, refused: 1, unable: 1, leftAlone: 1 }, { callRemarks }),
    );

    expect(all.map(({ target, reason }) => `${target} ${reason}`)).toEqual([
      'unable-0 is unable',
      'refused-0 is refused',
      'eni-1 is still open',
      'eni-1 AccessDenied',
      'left-alone-0 is left-alone',
    ]);
  });

  it('shows the first 20 remarks, and hands all of them to the record', () => {
    const { outcome, remarks: all } = summariseRun(build({ refused: 25 }, planned));

    expect(outcome.remarks).toEqual(all.slice(0, 20));
    expect(all).toHaveLength(25);
  });
});

describe('summariseRun of an action that ended before it started', () => {
  const ending = (status: 'no-standby' | 'handed-over', refused = 0, unable = 0) => {
    const run = build({ refused, unable }, planned);
    return summariseRun({ ...run, judgement: { ...run.judgement, instead: { status, summary: 'in its words' } } })
      .outcome;
  };

  it.each(['no-standby', 'handed-over'] as const)('tells %s in the words of the action', (status) => {
    expect(ending(status)).toMatchObject({ status, summary: 'in its words', counts: { planned: 0, failed: 0 } });
  });

  it('tells a refusal before a standby that is missing: nothing else is to follow from it', () => {
    expect(ending('no-standby', 1)).toMatchObject({
      status: 'refused',
      summary: 'Nothing to change, 1 refused: is refused',
      counts: { refused: 1 },
    });
  });

  it('hands over whatever was refused: a person has to act', () => {
    expect(ending('handed-over', 1)).toMatchObject({ status: 'handed-over', summary: 'in its words' });
  });

  it('does not hide behind a hand-over what could not be done', () => {
    expect(ending('handed-over', 0, 1)).toMatchObject({ status: 'failed', summary: 'Nothing to change, 1 failed' });
  });
});

describe('summariseRun of an action that tells what it found from what it changed', () => {
  const telling = (...changed: boolean[]) => {
    const run = build({ allowed: changed.length, held: changed.length });
    const observations = run.observations.map((seen, index) => ({ ...seen, changed: changed[index] === true }));
    return summariseRun({ ...run, observations }).outcome;
  };
  const told = (count: number) => Array.from({ length: count }, (_, index) => `eni-${index}: is cut`).join('; ');

  it.each([
    ['unchanged', 'Nothing had to be changed', [false, false]],
    ['verified', '2 of 2 changes verified', [false, true]],
    ['verified', '2 of 2 changes verified', [true, true]],
  ])('is %s: %s, where it changed %j', (status, summary, changed) => {
    expect(telling(...changed)).toMatchObject({ status, summary: `${summary}; ${told(2)}` });
  });

  it('tells the state of five servers, and of no more', () => {
    const changed = Array.from({ length: 6 }, () => true);

    expect(telling(...changed).summary).toBe(`6 of 6 changes verified; ${told(5)}`);
  });
});
