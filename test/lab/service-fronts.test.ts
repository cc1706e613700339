import { AutoScalingClient, EnterStandbyCommand } from '@aws-sdk/client-auto-scaling';
import { AssociateAddressCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DeregisterTargetsCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { FailoverDBClusterCommand, RDSClient, RebootDBInstanceCommand } from '@aws-sdk/client-rds';
import { ChangeResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHostWorld, detectRealHosts } from '../../lab/hosts/create-host-world.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import { placeServer } from '../../lab/place-server.ts';
import type { ScenarioService } from '../../lab/scenario.ts';
import { ServiceFronts } from '../../lab/service-fronts.ts';
import { toServiceIds } from '../../lab/service-ids.ts';
import { startAwsLab } from '../../lab/services/aws-lab.ts';
import type { AwsLab } from '../../lab/services/aws-lab.ts';
import { toClientConfig } from './services/client-config.ts';

const vpcId = 'vpc-0000000000000000a';
const [primary, standby] = ['i-0a000000000000051', 'i-0a000000000000052'];
const realHosts = await detectRealHosts();
const toService = (front: ScenarioService['front'], change: Partial<ScenarioService> = {}): ScenarioService => ({
  name: 'orders',
  front,
  id: '0051',
  primary,
  standby,
  spares: [],
  port: 8080,
  clients: 10,
  clientAddress: '198.51.100.7',
  standbyListens: true,
  tags: {},
  ...change,
});

/** How an operator moves each front to the standby, and how long it takes until clients that dial anew are there. */
const moves: Readonly<Record<ScenarioService['front'], (aws: AwsLab) => Promise<number>>> = {
  'target-groups': async (aws) => {
    const {
      listenerArn: ListenerArn,
      primaryTargetGroupArn,
      standbyTargetGroupArn,
    } = toServiceIds(toService('target-groups'));
    const TargetGroups = [
      { TargetGroupArn: primaryTargetGroupArn, Weight: 0 },
      { TargetGroupArn: standbyTargetGroupArn, Weight: 100 },
    ];
    const DefaultActions = [{ Type: 'forward' as const, ForwardConfig: { TargetGroups } }];
    const client = new ElasticLoadBalancingV2Client(toClientConfig(aws));
    await client.send(new ModifyListenerCommand({ ListenerArn, DefaultActions }));
    return 0;
  },
  'listener-rule': async (aws) => {
    const { ruleArn: RuleArn, standbyTargetGroupArn: TargetGroupArn } = toServiceIds(toService('listener-rule'));
    const client = new ElasticLoadBalancingV2Client(toClientConfig(aws));
    await client.send(new ModifyRuleCommand({ RuleArn, Actions: [{ Type: 'forward', TargetGroupArn }] }));
    return 10_000;
  },
  'target-group': async (aws) => {
    const { primaryTargetGroupArn: TargetGroupArn } = toServiceIds(toService('target-group'));
    const client = new ElasticLoadBalancingV2Client(toClientConfig(aws));
    await client.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: standby, Port: 8080 }] }));
    await client.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: primary, Port: 8080 }] }));
    return 30_000;
  },
  'elastic-ip': async (aws) => {
    const { allocationId: AllocationId } = toServiceIds(toService('elastic-ip'));
    await new EC2Client(toClientConfig(aws)).send(new AssociateAddressCommand({ AllocationId, InstanceId: standby }));
    return 0;
  },
  route53: async (aws) => {
    const { hostedZoneId: HostedZoneId, recordName: Name } = toServiceIds(toService('route53'));
    const record = { Name, Type: 'A' as const, TTL: 5, ResourceRecords: [{ Value: '10.0.2.20' }] };
    const Changes = [{ Action: 'UPSERT' as const, ResourceRecordSet: record }];
    const client = new Route53Client(toClientConfig(aws));
    await client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
    return 65_000;
  },
  'auto-scaling': async (aws) => {
    const client = new AutoScalingClient(toClientConfig(aws));
    const AutoScalingGroupName = 'orders';
    await client.send(
      new EnterStandbyCommand({
        AutoScalingGroupName,
        InstanceIds: [primary],
        ShouldDecrementDesiredCapacity: true,
      }),
    );
    return 30_000;
  },
  rds: async (aws) => {
    const client = new RDSClient(toClientConfig(aws));
    await client.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: 'orders', ForceFailover: true }));
    return 120_000;
  },
  aurora: async (aws) => {
    await new RDSClient(toClientConfig(aws)).send(new FailoverDBClusterCommand({ DBClusterIdentifier: 'orders' }));
    return 60_000;
  },
};
const kinds = Object.keys(moves) as ScenarioService['front'][];

describe('fronts of services', () => {
  let aws: AwsLab;
  let world: HostWorld;
  let fronts: ServiceFronts | undefined;

  const start = async (force: 'real' | 'simulated' = 'simulated'): Promise<ServiceFronts> => {
    world = await createHostWorld({ force });
    aws = await startAwsLab({
      skipsWaits: true,
      runCommand: async (instanceId, command) => await world.runCommand(instanceId, command),
      probe: async (order) => await world.probe(order),
      onRouteChange: async () => await fronts?.refresh(),
      onFirewallChange: async (instanceId, firewall) => await world.applyFirewall(instanceId, firewall),
    });
    aws.ec2.addVpc({ vpcId, cidrBlock: '10.0.0.0/8' });
    for (const [id, address] of [
      [primary, '10.0.1.20'],
      [standby, '10.0.2.20'],
    ] as const) {
      await world.createServer({ instanceId: id, privateAddress: address, peers: [] });
      await placeServer(aws, vpcId, { id, address, tags: {}, interfaces: 1, peers: [] });
    }
    fronts = new ServiceFronts(aws, world, vpcId);
    return fronts;
  };
  beforeEach(() => (fronts = undefined));
  afterEach(async () => {
    await fronts?.stop();
    await aws.stop();
    await world.stop();
  });

  it.each(kinds)('lead all clients to the primary, and after a fail-over to the standby: %s', async (kind) => {
    const opened = await start();
    await opened.open(toService(kind));
    // Of an Auto Scaling group all who are in service carry it.
    const isShared = kind === 'auto-scaling';
    expect(await opened.count('orders')).toEqual({ [primary]: isShared ? 5 : 10, [standby]: isShared ? 5 : 0 });

    await aws.skipTime(await moves[kind](aws));

    expect(await opened.redial('orders')).toEqual({ [primary]: 0, [standby]: 10 });
  });

  it.each(['rds', 'aurora'] as const)('lead nowhere while a database fails over: %s', async (kind) => {
    const opened = await start();
    await opened.open(toService(kind));

    await moves[kind](aws);

    expect(await opened.count('orders')).toEqual({ [primary]: 0, [standby]: 0 });
  });

  it('send nobody to a standby that does not listen', async () => {
    const opened = await start();
    await opened.open(toService('elastic-ip', { standbyListens: false }));

    await moves['elastic-ip'](aws);

    expect(await opened.count('orders')).toEqual({ [primary]: 0, [standby]: 0 });
  });

  it.skipIf(!realHosts.possible).each(['target-groups', 'elastic-ip'] as const)(
    'move the connections of real hosts: %s',
    async (kind) => {
      const opened = await start('real');
      await opened.open(toService(kind));
      expect(await opened.count('orders')).toEqual({ [primary]: 10, [standby]: 0 });

      await moves[kind](aws);

      expect(await opened.redial('orders')).toEqual({ [primary]: 0, [standby]: 10 });
    },
  );
});
