import { XmlItems } from '../wire/xml.ts';
import type { XmlStructure } from '../wire/xml.ts';
import type { DbCluster, DbInstance, RdsModel } from './model.ts';

/** An instance as every answer shows it. */
export function viewInstance(model: RdsModel, instance: DbInstance): XmlStructure {
  const { id, arn, engine, port, multiAz, clusterId } = instance;
  return {
    DBInstanceIdentifier: id,
    DBInstanceArn: arn,
    DBInstanceClass: 'db.r7g.large',
    Engine: engine,
    DBInstanceStatus: instance.failOver === undefined ? 'available' : 'rebooting',
    Endpoint: { Address: `${id}.lab.${model.region}.rds.amazonaws.com`, Port: port },
    MultiAZ: multiAz,
    AvailabilityZone: instance.availabilityZone,
    SecondaryAvailabilityZone: instance.secondaryAvailabilityZone,
    DBClusterIdentifier: clusterId,
    TagList: viewTags(model, arn),
  };
}

/** A cluster as every answer shows it. */
export function viewCluster(model: RdsModel, cluster: DbCluster): XmlStructure {
  const { id, arn, engine, port, memberIds, writerId, failOver } = cluster;
  const zones = memberIds.map((member) => model.instances.get(member)?.availabilityZone);
  return {
    DBClusterIdentifier: id,
    DBClusterArn: arn,
    Engine: engine,
    Status: failOver === undefined ? 'available' : 'failing-over',
    Endpoint: `${id}.cluster-lab.${model.region}.rds.amazonaws.com`,
    ReaderEndpoint: `${id}.cluster-ro-lab.${model.region}.rds.amazonaws.com`,
    Port: port,
    MultiAZ: new Set(zones).size > 1,
    AvailabilityZones: new XmlItems('AvailabilityZone', [...new Set(zones)]),
    DBClusterMembers: new XmlItems(
      'DBClusterMember',
      memberIds.map((member, index) => ({
        DBInstanceIdentifier: member,
        IsClusterWriter: member === writerId,
        DBClusterParameterGroupStatus: 'in-sync',
        PromotionTier: Math.min(index, 15),
      })),
    ),
    TagList: viewTags(model, arn),
  };
}

function viewTags(model: RdsModel, arn: string): XmlItems {
  return new XmlItems('Tag', model.tags.view(arn));
}
