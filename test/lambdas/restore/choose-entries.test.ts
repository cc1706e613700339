import { beforeEach, describe, expect, it } from 'vitest';
import { findEntries } from '../../../lambdas/restore/find-entries.ts';
import type { EntryKey, RestoreRequest } from '../../../lambdas/shared/contracts/restoring.ts';
import { MessageInvalidError } from '../../../lambdas/shared/errors.ts';
import { buildAssessment, buildIncident } from '../../builders/action-request.ts';
import { buildChange, FakeRestore, keyOf, minute } from '../../builders/fake-restore.ts';

const now = '2026-05-06T08:00:00.000Z';
const [a, b] = ['i-0000000000000000a', 'i-0000000000000000b'] as const;
const [network, host] = [keyOf(1), { ...keyOf(1), action: 'kill-connections' as const }];
const second = keyOf(1, 'c2');
const other = keyOf(2);

describe('findEntries', () => {
  let fake: FakeRestore;
  beforeEach(() => {
    fake = new FakeRestore();
  });

  /** An incident that names both servers, so that each has a pointer to it. */
  async function open(...keys: EntryKey[]): Promise<void> {
    for (const id of new Set(keys.map(({ incidentId }) => incidentId))) {
      const incident = buildIncident({ id, executionId: id });
      const [cohort] = buildAssessment().cohorts;
      const cohorts = cohort === undefined ? [] : [{ ...cohort, servers: [a, b] }];
      await fake.table.audit.openIncident({ incident, assessment: buildAssessment({ incident, cohorts }), now });
      await fake.table.audit.pointFrom([a, b], id, now);
    }
  }

  async function find(request: Partial<RestoreRequest>, at = now): Promise<string[]> {
    const whole = { requestedBy: 'ada', reason: 'false alarm', ...request };
    const { entries } = await findEntries(whole, fake.table.audit, at);
    return entries.map(({ incidentId, action, cohortId }) => `${incidentId.slice(-1)} ${action} ${cohortId}`);
  }

  it.each<[string, Partial<RestoreRequest>, string[]]>([
    ['an incident', {}, ['1 revoke-security-groups c1', '1 revoke-security-groups c2', '1 kill-connections c1']],
    ['one action of it', { action: 'kill-connections' }, ['1 kill-connections c1']],
    ['some actions of it', { actions: ['kill-connections', 'stop-service'] }, ['1 kill-connections c1']],
    ['no action of it', { actions: [] }, []],
    ['one cohort of it', { cohortId: 'c2' }, ['1 revoke-security-groups c2']],
    ['an action of a cohort that lacks it', { cohortId: 'c2', action: 'kill-connections' }, []],
    ['one server of it', { server: b }, ['1 revoke-security-groups c2']],
  ])('gives all that is named by %s', async (_, over, wanted) => {
    await open(network, other);
    await fake.add(network, { changes: [buildChange(a)], at: minute('02:00') });
    await fake.add(second, { changes: [buildChange(b)], at: minute('01:00') });
    await fake.add(host, { changes: [buildChange(a)] });
    await fake.add(other, { changes: [buildChange(a)] });

    expect(await find({ incidentId: network.incidentId, ...over })).toEqual(wanted);
  });

  it('gives what an incident has undone already, so that a second restore can say so', async () => {
    await open(network);
    await fake.add(network, { changes: [buildChange(a)] });
    await fake.undo(network);

    expect(await find({ incidentId: network.incidentId })).toEqual(['1 revoke-security-groups c1']);
    expect(await find({ server: a })).toEqual([]);
  });

  it('gives by server what is still cut, and what is felt by it', async () => {
    await open(network, other);
    await fake.add(network, { changes: [buildChange('sgr-1', { server: b, alsoTouches: [a] })] });
    await fake.add(other, { changes: [buildChange(b)] });

    expect(await find({ server: a })).toEqual(['1 revoke-security-groups c1']);
    expect(await find({ server: b })).toHaveLength(2);
  });

  it('gives an entry of which a part is still cut', async () => {
    await open(network);
    await fake.add(network, { changes: [buildChange('eni-1', { server: a }), buildChange('eni-2', { server: a })] });
    fake.ends = { 'eni-2': 'failed' };
    await fake.undo(network);

    expect(await find({ server: a })).toEqual(['1 revoke-security-groups c1']);
  });

  it('gives by action what is cut right now, in every incident', async () => {
    await open(network, other);
    await fake.add(network, { changes: [buildChange(a)], at: minute('01:00') });
    await fake.add(host, { changes: [buildChange(a)] });
    await fake.add(other, { changes: [buildChange(a)], at: minute('02:00') });
    await fake.add(keyOf(3), { changes: [buildChange(a)] }, null);

    expect(await find({ action: 'revoke-security-groups' })).toEqual([
      '2 revoke-security-groups c1',
      '1 revoke-security-groups c1',
    ]);
  });

  it('gives no plan of a shadow run', async () => {
    await open(network);
    await fake.add(network, { changes: [buildChange(a)], mode: 'shadow' }, null);

    expect(await find({ incidentId: network.incidentId })).toEqual([]);
  });

  it('gives the note that a run left which died before its entry, though not by server', async () => {
    await open(network, other);
    await fake.note(network, { targets: [{ target: a, server: a }] });
    await fake.add(other, { changes: [buildChange(a)] });

    expect(await find({ incidentId: network.incidentId })).toEqual(['1 revoke-security-groups c1']);
    expect(await find({ action: 'revoke-security-groups' })).toContain('1 revoke-security-groups c1');
    expect(await find({ server: a })).toEqual(['2 revoke-security-groups c1']);
  });

  it('puts what has no time behind what has one', async () => {
    await open(network);
    await fake.note(network);
    await fake.add(second, { changes: [buildChange(a)] });

    expect(await find({ incidentId: network.incidentId })).toEqual([
      '1 revoke-security-groups c2',
      '1 revoke-security-groups c1',
    ]);
  });

  describe('by the clock', () => {
    beforeEach(async () => {
      await open(network, other, keyOf(3));
      const expiring = { changes: [buildChange(a)] };
      await fake.add(network, { ...expiring, at: minute('01:00') }, { expiresAt: '2026-05-06T08:00:00.000Z' });
      await fake.add(second, { changes: [buildChange(b)] }, { expiresAt: '2026-05-06T08:00:00.001Z' });
      await fake.add(other, { ...expiring, at: minute('02:00') }, { expiresAt: '2026-05-06T07:30:00.000Z' });
      await fake.add(keyOf(3), expiring, { expiresAt: null });
    });

    it('gives each cut whose time is over, and no other of its incident', async () => {
      expect(await find({ expired: true })).toEqual(['2 revoke-security-groups c1', '1 revoke-security-groups c1']);
    });

    it('gives nothing before the first is over', async () => {
      expect(await find({ expired: true }, '2026-05-06T07:29:59.999Z')).toEqual([]);
    });

    it.each([{ incidentId: network.incidentId }, { server: a as never }, { action: 'kill-connections' as const }])(
      'takes no other name beside it: a slip must not widen it, %j',
      async (over) => {
        await expect(find({ expired: true, ...over })).rejects.toThrow(
          new MessageInvalidError('Restore request is not valid: "expired" must stand alone'),
        );
      },
    );
  });

  it('refuses what names nothing, and an incident that nobody knows', async () => {
    await expect(find({})).rejects.toThrow('must name an incident, a server or an action');
    await expect(find({ cohortId: 'c1' })).rejects.toThrow(MessageInvalidError);
    await expect(find({ incidentId: 'inc-9' })).rejects.toThrow('incident "inc-9" is not known');
  });
});
