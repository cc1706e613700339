import { afterEach, describe, expect, it } from 'vitest';
import { networkCut } from '../../../lambdas/shared/actions/revoke-security-groups/cut-network.ts';
import type { ActionOutcome } from '../../../lambdas/shared/contracts/action.ts';
import { readGuardFacts } from '../../../lambdas/shared/guard/read-facts.ts';
import type { Policy } from '../../../lambdas/shared/policy/policy-schema.ts';
import { runAction } from '../../../lambdas/shared/run-action.ts';
import { buildCohort, buildIncident } from '../../builders/action-request.ts';
import { closingEntries, openEntries } from '../../builders/edge-bench.ts';
import { FakeTable } from '../../builders/fake-table.ts';
import { buildPolicy } from '../../builders/policy.ts';
import { startEc2Lab, vpcId, type Ec2Lab } from '../../lab/services/ec2/ec2-lab.ts';

const subnets = 8;
const id = (kind: string, index: number) => `${kind}-0000000000000${String(index).padStart(4, '0')}`;

let lab: Ec2Lab | undefined;
afterEach(async () => lab?.gateway.stop());

interface FleetCut {
  readonly outcome: ActionOutcome;
  /** How often each call was made. */
  readonly calls: Readonly<Record<string, number>>;
  readonly writes: readonly string[];
}

/** Cuts a fleet over eight subnets and three groups, with EC2's documented buckets in force. */
async function cutFleet(size: number, means: Policy['fleet']['networkMeans']): Promise<FleetCut> {
  lab = await startEc2Lab({ throttles: true });
  const { ec2, client, gateway } = lab;
  const agent = { ipProtocol: 'tcp', fromPort: 443, cidrIpv4: '10.0.9.0/24' };
  const groups = [0, 1, 2].map((index) => ec2.addSecurityGroup({ groupName: `web-${index}`, vpcId }));
  const quarantine = ec2.addSecurityGroup({ groupName: 'quarantine', vpcId, egress: [agent] });
  const sealed = ec2.addSecurityGroup({ groupName: 'sealed', vpcId, egress: [] });
  const acl = ec2.addNetworkAcl({ vpcId, entries: closingEntries });
  const open = ec2.addNetworkAcl({ vpcId, entries: openEntries });
  const subnetHints = Array.from({ length: subnets }, (_, index) => id('subnet', index));
  for (const [index, subnetId] of subnetHints.entries()) {
    ec2.addSubnet({ subnetId, vpcId, cidrBlock: `10.0.${10 + index}.0/24`, networkAclId: open });
  }
  const servers = Array.from({ length: size }, (_, index) => id('i', index));
  for (const [index, instanceId] of servers.entries()) {
    const privateIpAddress = `10.0.${10 + (index % subnets)}.${10 + Math.floor(index / subnets)}`;
    const networkInterfaces = [{ privateIpAddress, groupIds: [groups[index % groups.length] ?? ''] }];
    ec2.addInstance({ instanceId, vpcId, subnetId: id('subnet', index % subnets), networkInterfaces });
  }
  const table = new FakeTable();
  await table.audit.writeMode('armed', { setBy: 'test', reason: 'test', at: 'now' });
  table.calls.length = 0;
  const hints = means === 'interfaces' ? {} : { subnetHints };
  // A clock that stands: on a machine so slow that the guard's look is two seconds old it rightly looks again.
  const at = new Date().toISOString();
  const cohort = buildCohort({ servers, securityGroupHints: groups, ...hints });
  const outcome = await runAction(
    { action: 'revoke-security-groups', incident: buildIncident(), cohort },
    {
      action: networkCut({ ec2: client, quarantine: { [vpcId]: { quarantine, sealed, golden: {}, acl } } }),
      audit: table.audit,
      policy: buildPolicy({ agentPath: { cidrs: ['10.0.9.0/24'] }, fleet: { networkMeans: means } }),
      readFacts: async (ids) => readGuardFacts(client, table.audit, ids),
      now: () => at,
    },
  );
  const names = gateway.calls.map(({ operation }) => operation);
  const calls = Object.fromEntries(
    [...new Set(names)].sort().map((name) => [name, names.filter((one) => one === name).length]),
  );
  return { outcome, calls, writes: table.calls.filter((call) => call.startsWith('PutItem')) };
}

describe('the network cut of a fleet', () => {
  // By the interfaces of its servers: read for the plan and for the guard, and read back once.
  it.each([
    [1, 1],
    [10, 1],
    [87, 1],
  ])(
    'of %i servers moves each interface in one call, none of them throttled, and reads the rest once',
    async (size, chunks) => {
      const { outcome, calls, writes } = await cutFleet(size, 'interfaces');

      expect(outcome).toMatchObject({ status: 'verified', counts: { planned: size, verified: size } });
      expect(calls).toEqual({
        DescribeInstances: chunks,
        DescribeNetworkInterfaces: 3 * chunks,
        DescribeSecurityGroupRules: 1,
        ModifyNetworkInterfaceAttribute: size,
      });
      expect(writes).toHaveLength(4);
    },
  );

  it.each(['fastest'] as const)('of 1,000 servers is one call a subnet by %s: no bucket runs dry', async (means) => {
    const { outcome, calls, writes } = await cutFleet(1000, means);

    expect(outcome).toMatchObject({ status: 'verified', counts: { planned: subnets, verified: subnets } });
    // 200 ids a call: five calls in parallel for the plan, for its look at the subnets and for the guard.
    expect(calls).toEqual({
      DescribeInstances: 5 + 5,
      DescribeNetworkAcls: 2,
      DescribeNetworkInterfaces: 5 + 5 + 5 + 1,
      DescribeSecurityGroupRules: 1,
      DescribeSubnets: 1,
      ReplaceNetworkAclAssociation: subnets,
    });
    expect(writes).toHaveLength(4);
  });

  it('of 104 servers closes by the fastest means only as many subnets as the burst asks for', async () => {
    const { outcome, calls } = await cutFleet(104, 'fastest');

    expect(outcome.status).toBe('verified');
    expect(calls).toMatchObject({ ReplaceNetworkAclAssociation: 1, ModifyNetworkInterfaceAttribute: 104 - 13 });
    expect(outcome.remarks[0]?.reason).toMatch(/^1 subnet closed as a whole \(moving all would take 1 s more/);
  });
});
