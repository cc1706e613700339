import { guardReads } from '../../guard/permissions.ts';
import type { Action, Permission } from '../action.ts';

/** The resources that a fail-over names; in the descriptor itself, where no policy is known, any of their kind. */
export type FailOverNames =
  | { readonly by: 'target-group-weights'; readonly listener: string }
  | { readonly by: 'target-group-members'; readonly targetGroup: string }
  | { readonly by: 'elastic-ip'; readonly allocationId: string; readonly standby: string }
  | { readonly by: 'route53-record'; readonly hostedZoneId: string; readonly name: string; readonly type: string }
  | { readonly by: 'auto-scaling-standby'; readonly group: string }
  | { readonly by: 'rds-multi-az'; readonly instance: string }
  | { readonly by: 'rds-cluster'; readonly cluster: string; readonly standby: string };

/** Every mechanism on every resource: what the action may need at most. */
const anyNames: readonly FailOverNames[] = [
  { by: 'target-group-weights', listener: 'arn:${Partition}:elasticloadbalancing:${Region}:${Account}:listener/*' },
  {
    by: 'target-group-weights',
    listener: 'arn:${Partition}:elasticloadbalancing:${Region}:${Account}:listener-rule/*',
  },
  {
    by: 'target-group-members',
    targetGroup: 'arn:${Partition}:elasticloadbalancing:${Region}:${Account}:targetgroup/*',
  },
  { by: 'elastic-ip', allocationId: '*', standby: '*' },
  { by: 'route53-record', hostedZoneId: '*', name: '*', type: '*' },
  { by: 'auto-scaling-standby', group: '*' },
  { by: 'rds-multi-az', instance: '*' },
  { by: 'rds-cluster', cluster: '*', standby: '*' },
];

type Half = 'plan' | 'apply' | 'undo';
type Halves = Readonly<Record<Half, readonly Permission[]>>;

/** What the mechanisms of a policy need, on the resources it names and on no other. */
export function failOverPermissions(means: readonly FailOverNames[]): Action['permissions'] {
  const all = means.map(permissionsFor);
  const join = (half: Half) => dropRepeated(all.flatMap((each) => each[half]));
  return { plan: dropRepeated([guardReads, ...join('plan')]), apply: join('apply'), undo: join('undo') };
}

const statusReads: Permission = {
  actions: ['ec2:DescribeInstanceStatus'],
  resources: ['*'],
  reason: 'The health of the standby; Describe calls know no resources in IAM',
};
const groupReads = ['elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeTargetHealth'];

/** Describe calls of Elastic Load Balancing. */
function readBalancer(...more: string[]): Permission {
  return {
    actions: [...more, ...groupReads],
    resources: ['*'],
    reason: 'Routing and health of target groups; Describe calls know no resources in IAM',
  };
}

function permissionsFor(means: FailOverNames): Halves {
  switch (means.by) {
    case 'target-group-weights':
      return forWeights(means.listener);
    case 'target-group-members':
      return both([readBalancer(), statusReads], {
        actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
        resources: [means.targetGroup],
        reason: 'Servers join and leave the target group that the policy names; they stand in no ARN of the call',
      });
    case 'elastic-ip':
      return forElasticIp(means.allocationId, means.standby);
    case 'route53-record':
      return forRecord(means);
    case 'auto-scaling-standby':
      return forGroup(means.group);
    case 'rds-multi-az':
      return both([readDatabases], {
        actions: ['rds:RebootDBInstance'],
        resources: [`arn:\${Partition}:rds:\${Region}:\${Account}:db:${means.instance}`],
        reason: 'The Multi-AZ instance that the policy names changes places with its standby',
      });
    case 'rds-cluster':
      return both([readDatabases, readClusters], {
        actions: ['rds:FailoverDBCluster'],
        resources: [
          `arn:\${Partition}:rds:\${Region}:\${Account}:cluster:${means.cluster}`,
          'arn:${Partition}:rds:${Region}:${Account}:db:*',
        ],
        reason:
          'A reader of the cluster that the policy names becomes its writer; failing back names the former writer',
      });
    default:
      return means satisfies never;
  }
}

const readDatabases: Permission = {
  actions: ['rds:DescribeDBInstances'],
  resources: ['arn:${Partition}:rds:${Region}:${Account}:db:*'],
  reason: 'State of a database; the former writer of a cluster is not known at deploy time',
};
const readClusters: Permission = {
  actions: ['rds:DescribeDBClusters'],
  resources: ['arn:${Partition}:rds:${Region}:${Account}:cluster:*'],
  reason: 'State and members of a cluster',
};

/** Where the way back is the same call as the way there. */
function both(plan: readonly Permission[], change: Permission): Halves {
  return { plan, apply: [change, ...plan], undo: [change, ...plan] };
}

function forWeights(listener: string): Halves {
  const [call, read] = listener.includes(':listener-rule/')
    ? ['ModifyRule', 'DescribeRules']
    : ['ModifyListener', 'DescribeListeners'];
  return both([readBalancer(`elasticloadbalancing:${read}`)], {
    actions: [`elasticloadbalancing:${call}`],
    resources: [listener],
    reason: 'What the listener or rule that the policy names forwards to',
  });
}

function forElasticIp(allocationId: string, standby: string): Halves {
  const arn = (thing: string) => `arn:\${Partition}:ec2:\${Region}:\${Account}:${thing}`;
  const read: Permission = {
    actions: ['ec2:DescribeAddresses'],
    resources: ['*'],
    reason: 'Where the address lies; Describe calls know no resources in IAM',
  };
  const associate = (server: string): Permission => ({
    actions: ['ec2:AssociateAddress'],
    resources: [arn(`elastic-ip/${allocationId}`), arn(`instance/${server}`), arn('network-interface/*')],
    reason: 'The address that the policy names; which interface a server has is not known at deploy time',
  });
  const disassociate: Permission = {
    actions: ['ec2:DisassociateAddress'],
    resources: [arn(`elastic-ip/${allocationId}`), arn('network-interface/*')],
    reason: 'An address that lay nowhere before goes back there',
  };
  const reads = [read, statusReads];
  return { plan: reads, apply: [associate(standby), ...reads], undo: [associate('*'), disassociate, ...reads] };
}

/** IAM knows record names without their last dot. */
function forRecord({ hostedZoneId, name, type }: Extract<FailOverNames, { by: 'route53-record' }>): Halves {
  const zone = `arn:\${Partition}:route53:::hostedzone/${hostedZoneId}`;
  const read: Permission = {
    actions: ['route53:ListResourceRecordSets'],
    resources: [zone],
    reason: 'The former record',
  };
  const follow: Permission = {
    actions: ['route53:GetChange'],
    resources: ['arn:${Partition}:route53:::change/*'],
    reason: 'Whether a change has arrived everywhere; its id is not known before it is made',
  };
  const names = name === '*' ? {} : namesOnly(name, type);
  const namesKey = 'route53:ChangeResourceRecordSetsNormalizedRecordNames';
  const change: Permission = {
    actions: ['route53:ChangeResourceRecordSets'],
    resources: [zone],
    conditions: {
      'ForAllValues:StringEquals': { 'route53:ChangeResourceRecordSetsActions': ['UPSERT'], ...names },
      // A key that is missing would satisfy the line above.
      Null: { 'route53:ChangeResourceRecordSetsActions': 'false', [namesKey]: 'false' },
    },
    reason: 'Values of the record that the policy names, and of no other in its zone',
  };
  return both([read, statusReads, follow], change);
}

function namesOnly(name: string, type: string): Readonly<Record<string, readonly string[]>> {
  return {
    'route53:ChangeResourceRecordSetsNormalizedRecordNames': [name.replace(/\.$/, '')],
    'route53:ChangeResourceRecordSetsRecordTypes': [type],
  };
}

/** A group's ARN has an id in the middle that nobody knows by heart. */
function forGroup(group: string): Halves {
  const read: Permission = {
    actions: ['autoscaling:DescribeAutoScalingGroups'],
    resources: ['*'],
    reason: 'State of the group; Describe calls know no resources in IAM',
  };
  const change = (action: string): Permission => ({
    actions: [action],
    resources: [
      `arn:\${Partition}:autoscaling:\${Region}:\${Account}:autoScalingGroup:*:autoScalingGroupName/${group}`,
    ],
    reason: 'Servers of the group that the policy names; the id in its ARN is not known at deploy time',
  });
  return {
    plan: [read],
    apply: [change('autoscaling:EnterStandby'), read],
    undo: [change('autoscaling:ExitStandby'), read],
  };
}

function dropRepeated(permissions: readonly Permission[]): Permission[] {
  return [...new Map(permissions.map((permission) => [JSON.stringify(permission), permission])).values()];
}

/** What docs and CDK read of the action; no client is needed for it. */
export const failOverFacts = {
  id: 'fail-over',
  summary:
    'Leads a service to its standby: target group weights or members, Elastic IP address, Route 53 record, Auto Scaling standby, RDS Multi-AZ or cluster',
  saves:
    'The whole former routing: actions of the listener, members, association, record set, life cycle, zone or writer',
  undoes:
    'Leads back to the former routing, compared three-way, once those who carried it before are healthy again and none of them is cut. Of a Route 53 record these are the servers in question: whom else its former values lead to is not known. The health of a server that leaves Auto Scaling standby is not looked at',
  notRun: 'against AWS itself; it was run against the services of the lab, and in part against moto',
  sharesTargets: true,
  // Leading customers back interrupts them once more; nobody wants that from a clock.
  neverExpires: true,
  permissions: failOverPermissions(anyNames),
} as const satisfies Partial<Action>;
