import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  FailoverDBClusterCommand,
  RDSClient,
  RebootDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toClientConfig } from '../client-config.ts';
import { startRoutingLab } from '../routing-lab.ts';
import type { RoutingLab } from '../routing-lab.ts';

const [zoneA, zoneB] = ['us-east-1a', 'us-east-1b'];
const [addressA, addressB] = ['10.0.1.20', '10.0.2.20'];

describe('RDS', () => {
  let lab: RoutingLab;
  let client: RDSClient;

  beforeEach(async () => {
    lab = await startRoutingLab();
    client = new RDSClient(toClientConfig(lab.aws));
    const database = { engine: 'postgres', port: 5432 };
    const places = [
      { availabilityZone: zoneA, address: addressA },
      { availabilityZone: zoneB, address: addressB },
    ];
    lab.aws.rds.addInstance({ ...database, id: 'ledger', places, tags: { service: 'ledger' } });
    lab.aws.rds.addInstance({ ...database, id: 'alone', places: places.slice(0, 1) });
    const members = places.map((place, index) => ({ id: `member-${index + 1}`, ...place }));
    lab.aws.rds.addCluster({ id: 'orders', engine: 'aurora-postgresql', port: 5432, members });
    lab.aws.rds.addCluster({ id: 'small', engine: 'aurora-postgresql', port: 5432, members: members.slice(0, 1) });
  });
  afterEach(async () => await lab.aws.stop());

  const readInstance = async (DBInstanceIdentifier: string) =>
    (await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }))).DBInstances?.[0];
  const readCluster = async () => {
    const { DBClusters } = await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: 'orders' }));
    const writer = DBClusters?.[0]?.DBClusterMembers?.find(({ IsClusterWriter }) => IsClusterWriter);
    return [DBClusters?.[0]?.Status, writer?.DBInstanceIdentifier];
  };
  const reboot = async (DBInstanceIdentifier: string, ForceFailover = true) =>
    await client.send(new RebootDBInstanceCommand({ DBInstanceIdentifier, ForceFailover }));
  const failOver = async (DBClusterIdentifier: string, TargetDBInstanceIdentifier?: string) =>
    await client.send(new FailoverDBClusterCommand({ DBClusterIdentifier, TargetDBInstanceIdentifier }));

  it('moves a Multi-AZ instance to its other zone within two minutes, and leads nowhere meanwhile', async () => {
    const { DBInstance } = await reboot('ledger');

    expect(DBInstance?.DBInstanceStatus).toBe('rebooting');
    await lab.aws.skipTime(119_000);
    expect(await readInstance('ledger')).toMatchObject({ DBInstanceStatus: 'rebooting', AvailabilityZone: zoneA });
    expect(lab.aws.rds.endpointOf('ledger')).toBeUndefined();
    await lab.aws.skipTime(1000);
    expect(await readInstance('ledger')).toMatchObject({
      DBInstanceStatus: 'available',
      AvailabilityZone: zoneB,
      SecondaryAvailabilityZone: zoneA,
      MultiAZ: true,
      TagList: [{ Key: 'service', Value: 'ledger' }],
    });
    expect(lab.aws.rds.endpointOf('ledger')).toBe(addressB);
  });

  it('makes the reader of a cluster its writer within a minute', async () => {
    await failOver('orders');

    expect(await readCluster()).toEqual(['failing-over', 'member-1']);
    expect(lab.aws.rds.endpointOf('orders')).toBeUndefined();
    await lab.aws.skipTime(60_000);
    expect(await readCluster()).toEqual(['available', 'member-2']);
    expect(lab.aws.rds.endpointOf('orders')).toBe(addressB);
  });

  it('stays where it is after a reboot without a fail-over', async () => {
    await reboot('ledger', false);
    await lab.aws.skipTime(120_000);

    expect(await readInstance('ledger')).toMatchObject({ AvailabilityZone: zoneA });
  });

  it.each([
    ['an unknown instance', 'DBInstanceNotFoundFault', () => reboot('other')],
    ['a fail-over without a standby', 'InvalidParameterCombination', () => reboot('alone')],
    ['an unknown cluster', 'DBClusterNotFoundFault', () => failOver('other')],
    ['a cluster without a reader', 'InvalidDBClusterStateFault', () => failOver('small')],
    ['the writer as target', 'InvalidDBClusterStateFault', () => failOver('orders', 'member-1')],
    ['an unknown target', 'DBInstanceNotFoundFault', () => failOver('orders', 'member-9')],
  ])('refuses %s', async (_, name, call) => {
    await expect(call()).rejects.toMatchObject({ name });
  });

  it('refuses a second fail-over while one is under way', async () => {
    await reboot('ledger');
    await failOver('orders');

    await expect(reboot('ledger')).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    await expect(failOver('orders')).rejects.toMatchObject({ name: 'InvalidDBClusterStateFault' });
    await expect(reboot('member-2', false)).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
  });

  it('filters by cluster, gives pages of 20 at least, and refuses filters it does not know', async () => {
    const list = async (Name: string, MaxRecords?: number) =>
      await client.send(new DescribeDBInstancesCommand({ Filters: [{ Name, Values: ['orders'] }], MaxRecords }));

    const { DBInstances } = await list('db-cluster-id');

    expect(DBInstances?.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier)).toEqual(['member-2']);
    await expect(list('db-cluster-id', 19)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(list('colour')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});
