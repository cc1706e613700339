import type { ActionContext, ActionPlan } from '../../lambdas/shared/actions/action.ts';
import type { Cohort } from '../../lambdas/shared/contracts/incident.ts';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import type { NetworkAclEntry } from '../../lab/services/ec2/model.ts';
import { server, vpcId } from '../lab/services/ec2/ec2-lab.ts';
import { NetworkBench } from './network-bench.ts';
import { buildPolicy } from './policy.ts';

export const twin = 'i-0000000000000000b';
const idOf = (kind: string, digit: string) => `${kind}-0000000000000000${digit}`;
export const [frontSubnet, backSubnet, agentSubnet, thirdSubnet] = ['a', 'b', 'c', 'd'].map((digit) =>
  idOf('subnet', digit),
) as [string, string, string, string];
export const [frontAcl, backAcl, agentAcl, closedAcl] = ['a', 'b', 'c', 'd'].map((digit) => idOf('acl', digit)) as [
  string,
  string,
  string,
  string,
];

const everything = { protocol: '-1', fromPort: -1, toPort: -1, cidr: '0.0.0.0/0' } as const;

/** Lets everything through in both directions. */
export const openEntries: readonly NetworkAclEntry[] = [false, true].map((egress) => ({
  ...everything,
  egress,
  ruleNumber: 100,
  action: 'allow',
}));

/** What the deployment writes into the network ACL that closes a subnet. */
export const closingEntries: readonly NetworkAclEntry[] = [
  toAgent({ egress: true, fromPort: 443, toPort: 443 }),
  toAgent({ egress: false, fromPort: 1024, toPort: 65_535 }),
];

function toAgent(over: Pick<NetworkAclEntry, 'egress' | 'fromPort' | 'toPort'>): NetworkAclEntry {
  return { ruleNumber: 100, action: 'allow', protocol: 'tcp', cidr: '10.0.9.0/24', ...over };
}

/** The network cut with three subnets: the servers' own, another one, and that of the agent's endpoints. */
export class EdgeBench {
  readonly bench: NetworkBench;

  private constructor(bench: NetworkBench) {
    this.bench = bench;
    const { ec2 } = bench.lab;
    for (const [networkAclId, entries] of [
      [frontAcl, openEntries],
      [backAcl, openEntries],
      [agentAcl, openEntries],
      [closedAcl, closingEntries],
    ] as const) {
      ec2.addNetworkAcl({ networkAclId, vpcId, entries });
    }
    ec2.addSubnet({ subnetId: frontSubnet, vpcId, cidrBlock: '10.0.1.0/24', networkAclId: frontAcl });
    ec2.addSubnet({ subnetId: backSubnet, vpcId, cidrBlock: '10.0.2.0/24', networkAclId: backAcl });
    ec2.addSubnet({ subnetId: agentSubnet, vpcId, cidrBlock: '10.0.9.0/24', networkAclId: agentAcl });
    bench.action = bench.build({ [vpcId]: { ...bench.groups, acl: closedAcl } });
  }

  static async start(): Promise<EdgeBench> {
    return new EdgeBench(await NetworkBench.start());
  }

  /** Adds a server to a subnet, by default the front one, and returns its interface. */
  addServer(instanceId: string, privateIpAddress: string, subnetId: string = frontSubnet): string {
    const networkInterfaces = [{ privateIpAddress, groupIds: [this.bench.web] }];
    return this.bench.lab.ec2.addInstance({ instanceId, vpcId, subnetId, networkInterfaces })[0] ?? '';
  }

  context(over: Partial<Cohort> = {}, means: Policy['fleet']['networkMeans'] = 'interfaces'): ActionContext {
    const servers = over.servers ?? [server];
    const subnetHints = means === 'interfaces' ? {} : { subnetHints: [frontSubnet, backSubnet] };
    const context = this.bench.context({ servers, ...subnetHints, ...over });
    const policy = buildPolicy({ agentPath: { cidrs: ['10.0.9.0/24'] }, fleet: { networkMeans: means } });
    return { ...context, policy };
  }

  /** A threat that spreads. */
  spreading(over: Partial<Cohort> = {}): ActionContext {
    const { answers } = this.bench.context().cohort;
    return this.context({ answers: { ...answers, spreads: true }, ...over });
  }

  async plan(context: ActionContext): Promise<ActionPlan> {
    return this.bench.action.plan(context);
  }

  /** The fuse's own entries of a network ACL: direction, number and address. */
  deniesOf(aclId: string): string[] {
    const entries = this.bench.lab.ec2.model.networkAcls.get(aclId)?.entries ?? [];
    return entries
      .filter(({ ruleNumber, action }) => ruleNumber < 40 && action === 'deny')
      .map(({ egress, cidr }) => `${egress ? 'to' : 'from'} ${cidr}`)
      .sort();
  }

  aclOf(subnetId: string): string | undefined {
    return this.bench.lab.ec2.model.subnets.get(subnetId)?.networkAclId;
  }
}
