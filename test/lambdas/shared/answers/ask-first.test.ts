import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askFirst, requireApproval } from '../../../../lambdas/shared/answers/ask-first.ts';
import { CohortSchema, type Cohort } from '../../../../lambdas/shared/contracts/incident.ts';
import { buildCohort } from '../../../builders/action-request.ts';

const approvals = { timeoutMinutes: 30, onTimeout: 'leave' } as const;
const none: readonly string[] = [];
const yes = { ...buildCohort().answers };

describe('askFirst', () => {
  it('leaves a cohort alone where there is no reason', () => {
    const cohorts = [buildCohort()];

    expect(askFirst(cohorts, () => none, approvals)).toEqual(cohorts);
  });

  it('asks about a whole cohort under its own id', () => {
    const [cohort] = askFirst([buildCohort({ servers: ['i-1', 'i-2'] })], () => ['why'], approvals);

    expect(cohort).toMatchObject({
      id: 'c1',
      servers: ['i-1', 'i-2'],
      approval: { reason: 'why', timeoutSeconds: 1800, remindAfterSeconds: 900, onTimeout: 'leave' },
    });
  });

  it('splits off those it asks about, behind all others, each reason once', () => {
    const first = buildCohort({ id: 'c1', servers: ['i-1', 'i-2', 'i-3'] });
    const second = buildCohort({ id: 'c2', servers: ['i-4'], answers: { ...yes, securityRisk: false } });
    const third = buildCohort({ id: 'c3', servers: ['i-5', 'i-6'] });
    const asked = new Set(['i-2', 'i-3', 'i-4', 'i-6']);

    const cohorts = askFirst(
      [first, second, third],
      (server) => (asked.has(server) ? ['full', `of ${server === 'i-6' ? 'c3' : 'c1'}`] : none),
      { timeoutMinutes: 5, onTimeout: 'cut' },
    );

    expect(cohorts.map(({ id, servers, approval }) => [id, servers, approval?.reason ?? null])).toEqual([
      ['c1', ['i-1'], null],
      ['c2', ['i-4'], null],
      ['c3', ['i-5'], null],
      ['c4', ['i-2', 'i-3'], 'full; of c1'],
      ['c5', ['i-6'], 'full; of c3'],
    ]);
    expect(cohorts[3]?.approval).toMatchObject({ timeoutSeconds: 300, remindAfterSeconds: 150, onTimeout: 'cut' });
  });

  it('counts on within the numbers of a later attempt', () => {
    const cohorts = askFirst(
      [buildCohort({ id: 'c2001', servers: ['i-1', 'i-2'] })],
      (server) => (server === 'i-2' ? ['why'] : none),
      approvals,
    );

    expect(cohorts.map(({ id }) => id)).toEqual(['c2001', 'c2002']);
  });

  it('keeps every server once, every id once, and asks exactly where there is a reason', () => {
    const cohort = fc.record({ size: fc.integer({ min: 0, max: 6 }), isCut: fc.boolean(), waits: fc.boolean() });

    fc.assert(
      fc.property(fc.array(cohort, { maxLength: 8 }), fc.func(fc.boolean()), (shapes, hasReason) => {
        let number = 0;
        const before = shapes.map(({ size, isCut, waits }, index) =>
          buildCohort({
            id: `c${index + 1}`,
            servers: Array.from({ length: size }, () => `i-${(number += 1)}`),
            answers: { ...yes, securityRisk: isCut },
            approval: waits
              ? { reason: 'before', timeoutSeconds: 60, remindAfterSeconds: 30, onTimeout: 'leave' }
              : null,
          }),
        );

        const after = askFirst(before, (server) => (hasReason(server) ? ['why'] : none), approvals);

        const all = (cohorts: readonly Cohort[]) => cohorts.flatMap(({ servers }) => servers).sort();
        expect(all(after)).toEqual(all(before));
        expect(new Set(after.map(({ id }) => id)).size).toBe(after.length);
        for (const one of after) {
          expect(CohortSchema.parse(one)).toEqual(one);
          const wants = one.answers.securityRisk && one.servers.some((server) => hasReason(server));
          expect(one.approval?.reason.includes('why') ?? false).toBe(wants);
        }
      }),
    );
  });
});

describe('requireApproval', () => {
  it('adds a reason to the one there is, and waits no longer for it', () => {
    const asked = requireApproval(buildCohort({ expiresAt: '2026-05-06T08:00:00.000Z' }), 'one', approvals);

    const again = requireApproval(asked, 'two', { timeoutMinutes: 90, onTimeout: 'cut' });

    expect(again.approval).toEqual({
      reason: 'one; two',
      timeoutSeconds: 1800,
      remindAfterSeconds: 900,
      onTimeout: 'leave',
    });
    expect(again.expiresAt).toBe('2026-05-06T08:30:00.000Z');
  });
});
