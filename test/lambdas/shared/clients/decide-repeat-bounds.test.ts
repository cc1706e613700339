import { describe, expect, it } from 'vitest';
import type { AuditItem } from '../../../../lambdas/shared/clients/audit-item.ts';
import { decideRepeat, findLatest } from '../../../../lambdas/shared/clients/decide-repeat.ts';
import { buildAssessment, buildCohort } from '../../../builders/action-request.ts';

const incidentId = 'inc-00000000000000000001';
const pk = `incident#${incidentId}`;
const minute = (time: string) => `2026-05-06T07:${time}.000Z`;
const closedAt = minute('00:10');
const later = '2026-05-06T08:00:00.000Z';

const cohorts = [buildCohort({ id: 'c1', servers: ['i-1'] })];
const opened = (sk = 'opened#01', openedAt = minute('00:00')): AuditItem => ({
  pk,
  sk,
  executionId: 'first',
  openedAt,
  assessment: buildAssessment({ cohorts }),
});
const closed = (status: string): AuditItem => {
  const outcome = status === 'verified' ? 'contained' : status;
  return { pk, sk: 'closed#01', at: closedAt, outcome, steps: [[{ action: 'x', cohortId: 'c1', status }]] };
};
const restored = (at: string, over: object = {}, sk = `restored#${at}`): AuditItem => {
  const entry = { incidentId, action: 'kill-connections', cohortId: 'c1' };
  return { pk, sk, at, request: { expired: true }, results: [{ entry, status: 'undone' }], ...over };
};

function decide(items: readonly AuditItem[], now = later) {
  const latest = findLatest(items);
  if (latest === undefined) throw new Error('Expected an opening');
  return decideRepeat(items, latest, now);
}

describe('decideRepeat of an execution', () => {
  it('that has closed does not wait until it counts as dead', () => {
    expect(decide([opened(), closed('failed')], minute('01:00')).may).toBe('act');
  });

  it('that closed and failed counts as failed', () => {
    expect(decide([opened(), closed('verified'), { pk, sk: 'failed#01', at: closedAt }]).may).toBe('act');
  });

  it('that says nothing is dead after 20 minutes, not at them', () => {
    expect(decide([opened()], minute('20:00')).may).toBe('nothing');
    expect(decide([opened()], '2026-05-06T07:20:00.001Z').may).toBe('act');
  });

  it('is the latest by its number, and what carries none is no opening', () => {
    const items = [opened('opened#100'), opened('opened#99'), { pk, sk: 'opened#half' }];

    expect(findLatest(items)?.attempt).toBe(100);
    expect(
      findLatest([
        { pk, sk: 'opened#half' },
        { pk, sk: 'closed#07' },
      ]),
    ).toBeUndefined();
  });
});

describe('decideRepeat after restores', () => {
  it('goes by the last of them, in whatever order they stand', () => {
    const byHand = { request: {} };
    const [early, late] = [restored(minute('00:05'), byHand), restored(minute('30:00'), byHand)];

    for (const both of [
      [early, late],
      [late, early],
    ]) {
      expect(decide([opened(), closed('verified'), ...both])).toMatchObject({
        may: 'ask',
        reason: `A person restored this incident at ${minute('30:00')}; cutting again is theirs to decide`,
      });
    }
  });

  it('asks when closing and restore carry the same time: it is not known which came last', () => {
    expect(decide([opened(), closed('verified'), restored(closedAt, { request: {} })]).may).toBe('ask');
  });

  it('does not take what is no restore for one that expired', () => {
    const items = [opened(), closed('verified'), restored(minute('30:00'), {}, 'noted#1')];

    expect(decide(items).may).toBe('nothing');
  });

  it.each([[null], ['undone'], [{ status: 'undone' }], [{ entry: null, status: 'undone' }]])(
    'reads nothing into a result of a restore that it does not understand: %j',
    (result) => {
      expect(decide([opened(), closed('verified'), restored(minute('30:00'), { results: [result] })]).may).toBe(
        'nothing',
      );
    },
  );

  it('reads nothing into a restore without results', () => {
    expect(decide([opened(), closed('verified'), restored(minute('30:00'), { results: undefined })]).may).toBe(
      'nothing',
    );
  });

  it('reads no request that is none as one of the fuse itself', () => {
    expect(decide([opened(), closed('verified'), restored(minute('30:00'), { request: 'expired' })]).may).toBe('ask');
  });
});

describe('decideRepeat after several answers of no', () => {
  const asked = (cohortId: string, servers?: readonly string[]): AuditItem => ({
    pk,
    sk: `asked#${cohortId}`,
    servers,
    until: minute('30:00'),
    executionId: `asks ${cohortId}`,
  });
  const declined = (cohortId: string): AuditItem => ({
    pk,
    sk: `closed#${cohortId}`,
    at: minute('10:00'),
    outcome: 'declined',
    steps: [[{ action: 'ask-person', cohortId, status: 'declined' }]],
  });

  it('asks about the servers of all of them, and says which', () => {
    const items = [opened(), closed('verified'), asked('c2', ['i-2']), asked('c3', ['i-3'])];

    expect(decide([...items, declined('c2'), declined('c3')])).toEqual({
      may: 'ask',
      reason: ['c2', 'c3'].map((id) => `The cut of ${id} was not approved: declined at ${minute('10:00')}`).join('; '),
      servers: ['i-2', 'i-3'],
    });
  });

  it('asks about everyone as soon as of one it is not known whom it was about', () => {
    const items = [opened(), closed('verified'), asked('c2', ['i-2']), asked('c3')];

    expect(decide([...items, declined('c2'), declined('c3')])).not.toHaveProperty('servers');
  });
});
