import { describe, expect, it } from 'vitest';
import { undoEntry } from '../../../lambdas/restore/undo-entry.ts';
import { revokeSecurityGroups } from '../../../lambdas/shared/actions/revoke-security-groups/revoke-security-groups.ts';
import { readGuardFacts } from '../../../lambdas/shared/guard/read-facts.ts';
import { runAction } from '../../../lambdas/shared/run-action.ts';
import { buildCohort, buildIncident } from '../../builders/action-request.ts';
import { incidentIdOf } from '../../builders/cut-world.ts';
import { FakeTable } from '../../builders/fake-table.ts';
import { buildPolicy } from '../../builders/policy.ts';
import { addServer, startEc2Lab, vpcId } from '../../lab/services/ec2/ec2-lab.ts';

const names = Array.from({ length: 10 }, (_, index) => `attack${index}`);

/** Ten servers of one VPC that share a group, each attacked in an incident of its own. */
async function build() {
  const lab = await startEc2Lab();
  const { audit } = new FakeTable();
  await audit.writeMode('armed', { setBy: 'test', reason: 'test', at: 'now' });
  const web = lab.ec2.addSecurityGroup({
    groupName: 'web',
    vpcId,
    ingress: [{ ipProtocol: 'tcp', fromPort: 443, cidrIpv4: '0.0.0.0/0' }],
  });
  const quarantine = lab.ec2.addSecurityGroup({ groupName: 'quarantine', vpcId, egress: [] });
  const sealed = lab.ec2.addSecurityGroup({ groupName: 'sealed', vpcId, egress: [] });
  const servers = names.map((name, index) => {
    const id = `i-0000000000000000${index}`;
    return { name, id, eni: addServer(lab.ec2, [web], id, `10.0.0.1${index}`) };
  });
  const timing = { nowMs: () => 0, sleep: async () => Promise.resolve() };
  const action = () =>
    revokeSecurityGroups({ ec2: lab.client, quarantine: { [vpcId]: { quarantine, sealed, golden: {} } }, timing });
  const cut = async ({ name, id }: { name: string; id: string }) =>
    runAction(
      {
        action: 'revoke-security-groups',
        incident: buildIncident({ id: incidentIdOf(name), executionId: name }),
        cohort: buildCohort({ servers: [id], securityGroupHints: [web] }),
      },
      {
        action: action(),
        audit,
        policy: buildPolicy(),
        readFacts: async (ids) => readGuardFacts(lab.client, audit, ids),
        now: () => '2026-05-06T07:05:32.000Z',
      },
    );
  const restore = async (name: string) =>
    undoEntry(
      { incidentId: incidentIdOf(name), action: 'revoke-security-groups', cohortId: 'c1' },
      { requestedBy: 'test', reason: 'test' },
      { audit, findAction: action, now: () => '2026-05-06T08:05:32.000Z' },
    );
  const worn = () => servers.map(({ eni }) => lab.ec2.model.networkInterfaces.get(eni)?.groupIds);
  return { lab, servers, cut, restore, worn, web, quarantine };
}

describe('ten incidents at once in one VPC', () => {
  it('each cut their own server, make no group and leave none behind', async () => {
    const { lab, servers, cut, worn, quarantine } = await build();
    const groups = [...lab.ec2.model.securityGroups.keys()];

    const outcomes = await Promise.all(servers.map(cut));

    await lab.gateway.stop();
    expect(outcomes.map(({ status }) => status)).toEqual(names.map(() => 'verified'));
    expect(worn()).toEqual(names.map(() => [quarantine]));
    expect([...lab.ec2.model.securityGroups.keys()]).toEqual(groups);
    expect(
      new Set(lab.gateway.calls.map(({ operation }) => operation).filter((one) => !one.startsWith('Desc'))),
    ).toEqual(new Set(['ModifyNetworkInterfaceAttribute']));
  });

  it('are undone one by one, each giving back its own server alone', async () => {
    const { lab, servers, cut, restore, worn, web, quarantine } = await build();
    await Promise.all(servers.map(cut));

    const first = await restore('attack4');
    const between = worn();
    const rest = await Promise.all(names.filter((name) => name !== 'attack4').map(restore));

    await lab.gateway.stop();
    expect(between).toEqual(names.map((name) => [name === 'attack4' ? web : quarantine]));
    expect([first, ...rest].map(({ status }) => status)).toEqual(names.map(() => 'undone'));
    expect(worn()).toEqual(names.map(() => [web]));
  });
});
