import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { StateFailure, matchesError } from '../../../lab/asl/failure.ts';
import { chooseRemedy, planRetryDelay } from '../../../lab/asl/retry.ts';
import type { Remedy } from '../../../lab/asl/retry.ts';
import type { Retrier } from '../../../lab/asl/schema.ts';

const half = (): number => 0.5;

function delays(fields: Partial<Retrier>, random = half): number[] {
  return [0, 1, 2, 3].map((done) => planRetryDelay({ ErrorEquals: ['E'], ...fields }, done, random));
}

describe('planRetryDelay', () => {
  // The third to fifth rows are the examples of the developer guide.
  it.each<[Partial<Retrier>, number[]]>([
    [{}, [1, 2, 4, 8]],
    [{ JitterStrategy: 'NONE' }, [1, 2, 4, 8]],
    [{ IntervalSeconds: 3, BackoffRate: 2 }, [3, 6, 12, 24]],
    [{ IntervalSeconds: 3, BackoffRate: 1 }, [3, 3, 3, 3]],
    [{ IntervalSeconds: 3, BackoffRate: 2, MaxDelaySeconds: 5 }, [3, 5, 5, 5]],
    [{ IntervalSeconds: 3, BackoffRate: 1.5 }, [3, 4.5, 6.75, 10.125]],
    [{ IntervalSeconds: 2, JitterStrategy: 'FULL' }, [1, 2, 4, 8]],
    [{ IntervalSeconds: 3, MaxDelaySeconds: 5, JitterStrategy: 'FULL' }, [1.5, 2.5, 2.5, 2.5]],
  ])('plans %j as %j', (fields, expected) => {
    expect(delays(fields)).toEqual(expected);
  });

  it('keeps full jitter between zero and the delay without it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(6), (share, done) => {
        const retrier: Retrier = { ErrorEquals: ['E'], IntervalSeconds: 2, MaxDelaySeconds: 20 };
        const jittered = planRetryDelay({ ...retrier, JitterStrategy: 'FULL' }, done, () => share);
        expect(jittered).toBeGreaterThanOrEqual(0);
        expect(jittered).toBeLessThanOrEqual(planRetryDelay(retrier, done, () => share));
      }),
    );
  });
});

describe('matchesError', () => {
  const missed = { error: 'States.Timeout', missedHeartbeat: true };

  it.each<[string, { error?: string; missedHeartbeat?: boolean }, boolean]>([
    ['E', { error: 'E' }, true],
    ['E', { error: 'e' }, false],
    ['States.ALL', { error: 'E' }, true],
    ['States.ALL', { error: 'States.Timeout' }, true],
    ['States.ALL', { error: 'States.QueryEvaluationError' }, true],
    ['States.ALL', { error: 'States.DataLimitExceeded' }, false],
    ['States.ALL', { error: 'States.Runtime' }, false],
    ['States.ALL', {}, true],
    ['States.TaskFailed', { error: 'E' }, true],
    ['States.TaskFailed', { error: 'States.Permissions' }, true],
    ['States.TaskFailed', { error: 'States.Timeout' }, false],
    ['States.TaskFailed', missed, false],
    ['States.TaskFailed', { error: 'States.DataLimitExceeded' }, false],
    ['States.TaskFailed', { error: 'States.Runtime' }, false],
    ['States.DataLimitExceeded', { error: 'States.DataLimitExceeded' }, true],
    ['States.Runtime', { error: 'States.Runtime' }, false],
    ['States.Timeout', { error: 'States.Timeout' }, true],
    ['States.Timeout', missed, true],
    ['States.HeartbeatTimeout', missed, true],
    ['States.HeartbeatTimeout', { error: 'States.Timeout' }, false],
    ['Lambda.TooManyRequestsException', { error: 'Lambda.TooManyRequestsException' }, true],
  ])('%s takes %j: %s', (name, output, expected) => {
    expect(matchesError(['Other', name], new StateFailure(output))).toBe(expected);
  });
});

describe('chooseRemedy', () => {
  const handling = {
    Retry: [
      { ErrorEquals: ['A', 'B'], MaxAttempts: 2 },
      { ErrorEquals: ['C'], IntervalSeconds: 5 },
      { ErrorEquals: ['States.ALL'] },
    ],
    Catch: [
      { ErrorEquals: ['B'], Next: 'Handle B' },
      { ErrorEquals: ['States.ALL'], Next: 'Handle all' },
    ],
  };

  it.each<[string, string, number[], Partial<Remedy>]>([
    ['asks the first retrier that names the error', 'B', [], { kind: 'retry', index: 0, delaySeconds: 1 }],
    ['counts each retrier for itself', 'C', [2, 1], { kind: 'retry', index: 1, delaySeconds: 10 }],
    ['shares a retrier between its errors', 'A', [1], { kind: 'retry', index: 0, delaySeconds: 2 }],
    [
      'falls to the catchers when that retrier is used up, not to the next retrier',
      'B',
      [2],
      { kind: 'catch', index: 0 },
    ],
    ['takes the first catcher that names the error', 'A', [2], { kind: 'catch', index: 1 }],
    ['retries three times by default', 'D', [0, 0, 2], { kind: 'retry', index: 2, delaySeconds: 4 }],
    ['stops after the default three', 'D', [0, 0, 3], { kind: 'catch', index: 1 }],
  ])('%s', (_name, error, retriesDone, expected) => {
    expect(chooseRemedy(handling, new StateFailure({ error }), retriesDone, half)).toMatchObject(expected);
  });

  it('never retries with MaxAttempts 0', () => {
    const never = { Retry: [{ ErrorEquals: ['E'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }] };

    expect(chooseRemedy(never, new StateFailure({ error: 'E' }), [], half)).toEqual({ kind: 'fail' });
  });

  it('fails a state without Retry and Catch', () => {
    expect(chooseRemedy({}, new StateFailure({ error: 'E' }), [], half)).toEqual({ kind: 'fail' });
  });
});
