import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logKeysOf } from '../../../../lambdas/shared/middleware/log-keys.ts';

describe('logKeysOf', () => {
  it.each([
    {
      input: { action: 'kill-connections', incident: { id: 'inc-1', executionId: 'e' }, cohort: { id: 'c1' } },
      keys: { incidentId: 'inc-1', action: 'kill-connections', cohortId: 'c1', executionId: 'e' },
    },
    {
      input: { assessment: { incident: { id: 'inc-2' } }, steps: [], executionId: 'e' },
      keys: { incidentId: 'inc-2', executionId: 'e' },
    },
    {
      input: { step: 'undo-entry', entry: { incidentId: 'inc-3', action: 'fail-over', cohortId: 'c2' }, request: {} },
      keys: { incidentId: 'inc-3', action: 'fail-over', cohortId: 'c2', step: 'undo-entry' },
    },
    {
      input: { step: 'find-entries', request: { incidentId: 'inc-4' } },
      keys: { incidentId: 'inc-4', step: 'find-entries' },
    },
    { input: { assessment: null, event: { id: 'x' } }, keys: {} },
  ])('takes $keys', ({ input, keys }) => {
    expect(logKeysOf(input)).toEqual(keys);
  });

  it('takes any input', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        expect(logKeysOf(input)).toBeTypeOf('object');
      }),
    );
  });
});
