import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findEntries } from '../../../lambdas/restore/find-entries.ts';
import { undoEntry } from '../../../lambdas/restore/undo-entry.ts';
import type { ActionOutcome } from '../../../lambdas/shared/contracts/action.ts';
import type { Cohort } from '../../../lambdas/shared/contracts/incident.ts';
import { readGuardFacts } from '../../../lambdas/shared/guard/read-facts.ts';
import { runAction } from '../../../lambdas/shared/run-action.ts';
import { buildAssessment, buildIncident } from '../../builders/action-request.ts';
import { incidentIdOf } from '../../builders/cut-world.ts';
import { backAcl, closedAcl, EdgeBench, frontAcl, frontSubnet, twin } from '../../builders/edge-bench.ts';
import { FakeTable } from '../../builders/fake-table.ts';
import { server } from '../../lab/services/ec2/ec2-lab.ts';

describe('the whole way of network ACLs', () => {
  let edge: EdgeBench;
  let table: FakeTable;
  let nowMs: number;
  const now = () => new Date(nowMs).toISOString();
  beforeEach(async () => {
    edge = await EdgeBench.start();
    table = new FakeTable();
    nowMs = Date.parse('2026-05-06T07:05:32.000Z');
    edge.addServer(server, '10.0.1.10');
    edge.addServer(twin, '10.0.1.11');
    await table.audit.writeMode('armed', { setBy: 'test', reason: 'test', at: 'now' });
  });
  afterEach(async () => edge.bench.lab.gateway.stop());

  const spreads = () => ({ answers: { ...edge.context().cohort.answers, spreads: true } });

  async function cut(
    name: string,
    means: 'interfaces' | 'subnets',
    over: Partial<Cohort> = {},
  ): Promise<ActionOutcome> {
    const { cohort, policy } = edge.context({ servers: [server, twin], ...over }, means);
    const incident = buildIncident({ id: incidentIdOf(name), executionId: name });
    const assessment = buildAssessment({ incident, cohorts: [cohort] });
    await table.audit.openIncident({ incident, assessment, now: now() });
    const outcome = await runAction(
      { action: 'revoke-security-groups', incident, cohort },
      {
        action: edge.bench.action,
        audit: table.audit,
        policy,
        readFacts: async (ids) => readGuardFacts(edge.bench.lab.client, table.audit, ids),
        now,
      },
    );
    nowMs += 1_000;
    return outcome;
  }

  async function restore(name: string): Promise<string[]> {
    nowMs += 600_000;
    const request = { incidentId: incidentIdOf(name), requestedBy: 'test', reason: 'test' };
    const { entries } = await findEntries(request, table.audit, now());
    const tools = { audit: table.audit, findAction: () => edge.bench.action, now };
    const statuses: string[] = [];
    for (const entry of entries) statuses.push((await undoEntry(entry, request, tools)).status);
    return statuses;
  }

  it('has every server of a closed subnet on the list of what is cut, and off it after the restore', async () => {
    const outcome = await cut('one', 'subnets');
    const [listed] = await table.audit.listCuts();
    const restored = await restore('one');

    expect(outcome).toMatchObject({ status: 'verified', counts: { planned: 1, verified: 1 } });
    expect(listed?.targets.map((one) => [one.target, one.server])).toEqual([
      [frontSubnet, server],
      [frontSubnet, twin],
    ]);
    expect([restored, edge.aclOf(frontSubnet), await table.audit.listCuts()]).toEqual([['undone'], frontAcl, []]);
  });

  it('moves the others alone where one of the servers turned out to be a lifeline', async () => {
    edge.bench.lab.ec2.model.setTags(twin, { 'connection-fuse:lifeline': 'clearing' });

    const outcome = await cut('one', 'subnets');

    expect(outcome).toMatchObject({ status: 'partial', counts: { planned: 1, verified: 1, refused: 1 } });
    expect(edge.aclOf(frontSubnet)).toBe(frontAcl);
  });

  it('calls a cut whose second layer failed partial, and restores all of it', async () => {
    edge.bench.failWhen('CreateNetworkAclEntry', 'UnauthorizedOperation', { part: '10.0.1.11/32' });

    const outcome = await cut('one', 'interfaces', spreads());
    const denied = edge.deniesOf(backAcl);
    const restored = await restore('one');

    expect(outcome).toMatchObject({ status: 'partial', counts: { planned: 6, verified: 4, failed: 2 } });
    expect(outcome.verifiedAt).not.toBeNull();
    expect([denied, restored, edge.deniesOf(backAcl)]).toEqual([
      ['from 10.0.1.10/32', 'to 10.0.1.10/32'],
      ['undone'],
      [],
    ]);
  });

  it('keeps a subnet closed that an earlier incident closed too, until that one is restored', async () => {
    await cut('one', 'subnets');
    await cut('two', 'subnets');

    const second = await restore('two');
    const between = edge.aclOf(frontSubnet);
    const first = await restore('one');

    expect([second, between, first, edge.aclOf(frontSubnet)]).toEqual([['kept'], closedAcl, ['undone'], frontAcl]);
  });

  it('keeps denies that an earlier incident made too, until that one is restored', async () => {
    await cut('one', 'interfaces', spreads());
    await cut('two', 'interfaces', spreads());
    const denied = edge.deniesOf(backAcl);

    const second = await restore('two');
    const between = edge.deniesOf(backAcl);
    const first = await restore('one');

    expect([second, between, first, edge.deniesOf(backAcl)]).toEqual([['kept'], denied, ['undone'], []]);
  });
});
