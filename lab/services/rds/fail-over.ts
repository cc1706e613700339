import * as z from 'zod/mini';
import { flag } from '../wire/query-input.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import { failOverSeconds } from './model.ts';
import type { DbCluster, DbInstance, RdsModel } from './model.ts';
import { viewCluster, viewInstance } from './views.ts';

/** Makes a standby take over. */
export function defineFailOvers(model: RdsModel): Readonly<Record<string, Operation>> {
  return { RebootDBInstance: rebootInstance(model), FailoverDBCluster: failOverCluster(model) };
}

function rebootInstance(model: RdsModel): Operation {
  const schema = z.strictObject({ DBInstanceIdentifier: z.string(), ForceFailover: z.optional(flag) });
  return defineOperation(schema, ({ DBInstanceIdentifier, ForceFailover = false }) => {
    const instance = findInstance(model, DBInstanceIdentifier);
    if (instance.failOver !== undefined || model.clusters.get(instance.clusterId ?? '')?.failOver !== undefined) {
      throw new ServiceError('InvalidDBInstanceState', `Instance ${instance.id} is not in available state.`);
    }
    if (ForceFailover && (!instance.multiAz || instance.secondaryAvailabilityZone === undefined)) {
      throw new ServiceError(
        'InvalidParameterCombination',
        'MultiAZ must be enabled on the instance to force a failover with the reboot.',
      );
    }
    instance.failOver = {
      endsAt: model.now() + failOverSeconds.instance * 1000,
      finish: () => (ForceFailover ? swapZones(instance) : undefined),
    };
    return { DBInstance: viewInstance(model, instance) };
  });
}

function swapZones(instance: DbInstance): void {
  const former = instance.availabilityZone;
  instance.availabilityZone = instance.secondaryAvailabilityZone ?? former;
  instance.secondaryAvailabilityZone = former;
}

function failOverCluster(model: RdsModel): Operation {
  const schema = z.strictObject({
    DBClusterIdentifier: z.string(),
    TargetDBInstanceIdentifier: z.optional(z.string()),
  });
  return defineOperation(schema, ({ DBClusterIdentifier, TargetDBInstanceIdentifier }) => {
    const cluster = findCluster(model, DBClusterIdentifier);
    if (cluster.failOver !== undefined) throw invalidState(`DB cluster ${cluster.id} is not in available state.`);
    const target = pickReader(model, cluster, TargetDBInstanceIdentifier);
    const seconds = cluster.engine.startsWith('aurora') ? failOverSeconds.aurora : failOverSeconds.multiAzCluster;
    cluster.failOver = { endsAt: model.now() + seconds * 1000, finish: () => (cluster.writerId = target) };
    return { DBCluster: viewCluster(model, cluster) };
  });
}

/** The named reader, else the first in the order of promotion. */
function pickReader(model: RdsModel, cluster: DbCluster, wanted: string | undefined): string {
  const readers = cluster.memberIds.filter((id) => id !== cluster.writerId);
  if (wanted === undefined && readers[0] !== undefined) return readers[0];
  if (wanted === undefined) throw invalidState(`DB cluster ${cluster.id} has no instance to fail over to.`);
  findInstance(model, wanted);
  if (readers.includes(wanted.toLowerCase())) return wanted.toLowerCase();
  throw invalidState(`Cannot fail over to '${wanted}': it is not a reader of DB cluster ${cluster.id}.`);
}

function invalidState(message: string): ServiceError {
  return new ServiceError('InvalidDBClusterStateFault', message);
}

/** Finds an instance; identifiers know no case. */
export function findInstance(model: RdsModel, id: string): DbInstance {
  model.settle();
  const instance = model.instances.get(id.toLowerCase());
  if (instance === undefined) throw new ServiceError('DBInstanceNotFound', `DBInstance ${id} not found.`, 404);
  return instance;
}

/** Finds a cluster. */
export function findCluster(model: RdsModel, id: string): DbCluster {
  model.settle();
  const cluster = model.clusters.get(id.toLowerCase());
  if (cluster === undefined) throw new ServiceError('DBClusterNotFoundFault', `DBCluster ${id} not found.`, 404);
  return cluster;
}
