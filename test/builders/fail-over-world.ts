import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeNetworkInterfacesCommand,
  DisassociateAddressCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  RegisterTargetsCommand,
  type Action,
  type TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  FailoverDBClusterCommand,
  RDSClient,
  RebootDBInstanceCommand,
} from '@aws-sdk/client-rds';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { mockClient } from 'aws-sdk-client-mock';
import type { CutItem } from '../../lambdas/shared/clients/audit-table.ts';
import { failOver } from '../../lambdas/shared/actions/fail-over/fail-over.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import { createState, listener, rule, standby } from './fail-over-means.ts';

/** The services that fail-over switches, in memory: every call that changes something is noted by its name. */
export class FailOverWorld {
  readonly ec2 = mockClient(EC2Client);
  readonly elb = mockClient(ElasticLoadBalancingV2Client);
  readonly route53 = mockClient(Route53Client);
  readonly scaling = mockClient(AutoScalingClient);
  readonly rds = mockClient(RDSClient);
  readonly calls: string[] = [];
  state = createState();
  /** Servers and databases that are not well. */
  readonly ill = new Set<string>();
  readonly tags: Record<string, Record<string, string>> = {};
  cuts: CutItem[] = [];
  clockMs = 0;
  /** True: a call is answered and changes nothing that can be seen. */
  isDeaf = false;
  /** Told the name of each changing call before it acts; throw here to let it fail. */
  onCall: (name: string) => void = () => undefined;
  readonly timing = {
    nowMs: () => this.clockMs,
    sleep: async (milliseconds: number) => Promise.resolve(void (this.clockMs += milliseconds)),
  };

  constructor() {
    this.#fakeEc2();
    this.#fakeElb();
    this.#fakeOthers();
  }

  /** An action as one invocation gets it. */
  action() {
    return failOver({
      ec2: new EC2Client({ region: 'eu-central-1' }),
      timing: this.timing,
      listCuts: async () => Promise.resolve(this.cuts),
    });
  }

  /** Makes all who could take over unwell. */
  breakStandby(): void {
    for (const name of [standby, 'orders-2', 'orders']) this.ill.add(name);
  }

  tag(server: string, tags: Readonly<Record<'lifeline' | 'service', string>> | Readonly<Record<string, string>>): void {
    const named = Object.entries(tags).map(([key, value]) => [tagKeys[key as 'service'], value]);
    this.tags[server] = Object.fromEntries(named) as Record<string, string>;
  }

  #change(name: string, act: () => void): object {
    this.calls.push(name);
    this.onCall(name);
    if (!this.isDeaf) act();
    return {};
  }

  #fakeEc2(): void {
    const interfaceOf = (id: string) => ({
      NetworkInterfaceId: id.replace('i-', 'eni-'),
      PrivateIpAddress: '10.0.0.1',
    });
    const described = (id: string) => ({
      InstanceId: id,
      State: { Name: 'running' as const },
      NetworkInterfaces: [{ ...interfaceOf(id), Attachment: { DeviceIndex: 0 } }],
      Tags: Object.entries(this.tags[id] ?? {}).map(([Key, Value]) => ({ Key, Value })),
    });
    const { ec2 } = this;
    ec2.on(DescribeInstancesCommand).callsFake(({ Filters }: { Filters: { Values: string[] }[] }) => ({
      Reservations: [{ Instances: Filters[0]?.Values.map(described) }],
    }));
    ec2.on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces: [] });
    ec2.on(DescribeInstanceStatusCommand).callsFake(({ InstanceIds: [id = ''] }: { InstanceIds: string[] }) => {
      const status = { Status: this.ill.has(id) ? 'impaired' : 'ok' };
      return {
        InstanceStatuses: [
          {
            InstanceId: id,
            InstanceState: { Name: 'running' },
            InstanceStatus: status,
            SystemStatus: { Status: 'ok' },
          },
        ],
      };
    });
    ec2.on(DescribeAddressesCommand).callsFake(() => {
      const { address } = this.state;
      return {
        Addresses: [
          address === null ? {} : { ...interfaceOf(address), InstanceId: address, AssociationId: 'eipassoc-1' },
        ],
      };
    });
    ec2
      .on(AssociateAddressCommand)
      .callsFake(({ NetworkInterfaceId = '' }: { NetworkInterfaceId?: string }) =>
        this.#change('AssociateAddress', () => (this.state.address = NetworkInterfaceId.replace('eni-', 'i-'))),
      );
    ec2
      .on(DisassociateAddressCommand)
      .callsFake(() => this.#change('DisassociateAddress', () => (this.state.address = null)));
  }

  #fakeElb(): void {
    const { elb } = this;
    const modify = (name: string, actions: Action[]) =>
      this.#change(name, () => (this.state.actions = actions.map(withoutOrders)));
    elb
      .on(DescribeListenersCommand)
      .callsFake(() => ({ Listeners: [{ ListenerArn: listener, DefaultActions: this.state.actions }] }));
    elb.on(DescribeRulesCommand).callsFake(() => ({ Rules: [{ RuleArn: rule, Actions: this.state.actions }] }));
    elb
      .on(ModifyListenerCommand)
      .callsFake(({ DefaultActions }: { DefaultActions: Action[] }) => modify('ModifyListener', DefaultActions));
    elb.on(ModifyRuleCommand).callsFake(({ Actions }: { Actions: Action[] }) => modify('ModifyRule', Actions));
    elb.on(DescribeTargetGroupsCommand).callsFake(({ TargetGroupArns: [arn] }: { TargetGroupArns: string[] }) => ({
      TargetGroups: [{ TargetGroupArn: arn, TargetType: 'instance' }],
    }));
    elb.on(DescribeTargetHealthCommand).callsFake(({ TargetGroupArn }: { TargetGroupArn: string }) => ({
      TargetHealthDescriptions: (this.state.targets[TargetGroupArn] ?? []).map((Target) => ({
        Target,
        TargetHealth: { State: this.ill.has(Target.Id ?? '') ? 'unhealthy' : 'healthy' },
      })),
    }));
    const isNamed = (named: TargetDescription[], one: TargetDescription) =>
      named.some(({ Id, Port }) => Id === one.Id && Port === one.Port);
    const members = (arn: string) => this.state.targets[arn] ?? [];
    elb
      .on(RegisterTargetsCommand)
      .callsFake(({ TargetGroupArn: arn, Targets }: { TargetGroupArn: string; Targets: TargetDescription[] }) =>
        this.#change(
          'RegisterTargets',
          () => (this.state.targets[arn] = [...members(arn).filter((one) => !isNamed(Targets, one)), ...Targets]),
        ),
      );
    elb
      .on(DeregisterTargetsCommand)
      .callsFake(({ TargetGroupArn: arn, Targets }: { TargetGroupArn: string; Targets: TargetDescription[] }) =>
        this.#change(
          'DeregisterTargets',
          () => (this.state.targets[arn] = members(arn).filter((one) => !isNamed(Targets, one))),
        ),
      );
  }

  #fakeOthers(): void {
    const { route53, scaling, rds } = this;
    const wellness = (name: string) => (this.ill.has(name) ? 'storage-full' : 'available');
    route53.on(ListResourceRecordSetsCommand).callsFake(() => ({ ResourceRecordSets: this.state.records }));
    route53.on(GetChangeCommand).callsFake(() => ({ ChangeInfo: { Status: this.state.changeStatus } }));
    route53
      .on(ChangeResourceRecordSetsCommand)
      .callsFake(
        ({
          ChangeBatch,
        }: {
          ChangeBatch: { Changes: { Action: string; ResourceRecordSet: ResourceRecordSet }[] };
        }) => ({
          ...this.#change(
            ChangeBatch.Changes.map(({ Action: word }) => word).join(' '),
            () => (this.state.records = ChangeBatch.Changes.map((change) => change.ResourceRecordSet)),
          ),
          ChangeInfo: { Id: '/change/C1' },
        }),
      );
    scaling.on(DescribeAutoScalingGroupsCommand).callsFake(() => ({
      AutoScalingGroups: [
        {
          AutoScalingGroupName: 'orders',
          DesiredCapacity: this.state.desired,
          MinSize: 1,
          MaxSize: 4,
          Instances: Object.entries(this.state.lifecycles).map(([InstanceId, LifecycleState]) => ({
            InstanceId,
            LifecycleState,
            HealthStatus: this.ill.has(InstanceId) ? 'Unhealthy' : 'Healthy',
          })),
        },
      ],
    }));
    const put = (ids: string[], lifecycle: string) => ids.forEach((id) => (this.state.lifecycles[id] = lifecycle));
    scaling.on(EnterStandbyCommand).callsFake(({ InstanceIds }: { InstanceIds: string[] }) =>
      this.#change('EnterStandby', () => {
        put(InstanceIds, 'Standby');
        // The group starts another in its place.
        this.state.lifecycles['i-000000000000000c1'] = 'InService';
      }),
    );
    scaling
      .on(ExitStandbyCommand)
      .callsFake(({ InstanceIds }: { InstanceIds: string[] }) =>
        this.#change('ExitStandby', () => put(InstanceIds, 'InService')),
      );
    rds.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier: name }: { DBInstanceIdentifier: string }) => {
      const [AvailabilityZone, SecondaryAvailabilityZone] = this.state.zones;
      return {
        DBInstances: [
          {
            DBInstanceIdentifier: name,
            DBInstanceStatus: wellness(name),
            MultiAZ: true,
            AvailabilityZone,
            SecondaryAvailabilityZone,
          },
        ],
      };
    });
    rds.on(RebootDBInstanceCommand).callsFake(() => this.#change('RebootDBInstance', () => this.state.zones.reverse()));
    rds.on(DescribeDBClustersCommand).callsFake(() => ({
      DBClusters: [
        {
          DBClusterIdentifier: 'orders',
          Status: 'available',
          DBClusterMembers: ['orders-1', 'orders-2'].map((name) => ({
            DBInstanceIdentifier: name,
            IsClusterWriter: name === this.state.writer,
            PromotionTier: 1,
          })),
        },
      ],
    }));
    rds
      .on(FailoverDBClusterCommand)
      .callsFake(({ TargetDBInstanceIdentifier = '' }: { TargetDBInstanceIdentifier?: string }) =>
        this.#change('FailoverDBCluster', () => (this.state.writer = TargetDBInstanceIdentifier)),
      );
  }
}

/** AWS keeps to itself what a call tells of a secret. */
function withoutOrders({ AuthenticateOidcConfig: login, ...rest }: Action): Action {
  const { UseExistingClientSecret: _word, ...told } = login ?? {};
  return login === undefined ? rest : { ...rest, AuthenticateOidcConfig: told as typeof login };
}
