import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  FailoverDBClusterCommand,
  RDSClient,
  type DBCluster,
} from '@aws-sdk/client-rds';
import * as z from 'zod/mini';
import { clientOptions } from '../../clients/client-options.ts';
import type { FailOver } from '../../policy/fail-over-schema.ts';
import { onRecords, placeBy, type Aim, type Mechanism, type Sight } from './mechanism.ts';

type Cluster = Extract<FailOver, { by: 'rds-cluster' }>;

/** Who writes, and all members with their order of promotion for the person who reads the record. */
const RoutingSchema = z.object({
  writer: z.nullable(z.string()),
  members: z.array(z.object({ name: z.string(), promotionTier: z.nullable(z.number()) })),
});
type Routing = z.infer<typeof RoutingSchema>;

/**
 * Makes a named reader of an Aurora or Multi-AZ cluster its writer: typically well under a minute, in which connections
 * to the writer end. The call names its target, so a second one cannot switch back.
 */
export function rdsCluster({ cluster, standby }: Cluster): Mechanism {
  const rds = new RDSClient(clientOptions);
  return onRecords(RoutingSchema, {
    target: `cluster:${cluster}`,
    isRepeatable: true,
    read: async () => toRouting(await readCluster(rds, cluster)),
    aim: async (present) => Promise.resolve(aimAt(present, cluster, standby)),
    place: placeBy(({ writer }: Routing) => writer),
    examine: async ({ to }) => examine(rds, cluster, to),
    route: async (_present, { to }) => {
      const target = { DBClusterIdentifier: cluster, TargetDBInstanceIdentifier: to.writer ?? '' };
      await rds.send(new FailoverDBClusterCommand(target));
    },
    findUnderWay: async () => findUnavailable(await readCluster(rds, cluster)),
    settle: async ({ to }) => (await examine(rds, cluster, to)).hindrance,
  });
}

async function readCluster(rds: RDSClient, name: string): Promise<DBCluster> {
  const { DBClusters = [] } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: name }));
  const found = DBClusters.find(({ DBClusterIdentifier }) => DBClusterIdentifier === name);
  if (found !== undefined) return found;
  throw Object.assign(new Error(`Database cluster "${name}" is not there`), { name: 'DBClusterNotFoundFault' });
}

function toRouting({ DBClusterMembers = [] }: DBCluster): Routing {
  return {
    writer: DBClusterMembers.find(({ IsClusterWriter }) => IsClusterWriter === true)?.DBInstanceIdentifier ?? null,
    members: DBClusterMembers.map(({ DBInstanceIdentifier: name = '', PromotionTier: promotionTier = null }) => ({
      name,
      promotionTier,
    })),
  };
}

/** Without a former writer there would be no way back. */
function aimAt(present: Routing, cluster: string, standby: string): Aim<Routing> {
  if (present.writer === null)
    return { kind: 'unable', reason: `Cluster "${cluster}" must have a writer, it has none now` };
  if (present.members.some(({ name }) => name === standby))
    return { kind: 'switch', to: { ...present, writer: standby } };
  return { kind: 'no-standby', reason: `"${standby}" is no member of cluster "${cluster}"` };
}

async function examine(rds: RDSClient, name: string, { writer }: Routing): Promise<Sight> {
  const found = await readCluster(rds, name);
  return { servers: [], healthy: [], hindrance: findUnavailable(found) ?? (await findAbsent(rds, found, writer)) };
}

function findUnavailable({ DBClusterIdentifier: name, Status: status = 'unknown' }: DBCluster): string | null {
  return status === 'available' ? null : `Cluster "${name}" is ${status}`;
}

async function findAbsent(rds: RDSClient, cluster: DBCluster, writer: string | null): Promise<string | null> {
  const isMember = toRouting(cluster).members.some(({ name }) => name === writer);
  if (writer === null || !isMember) return `"${writer}" is no member of cluster "${cluster.DBClusterIdentifier}"`;
  const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: writer }));
  const status = DBInstances.find((found) => found.DBInstanceIdentifier === writer)?.DBInstanceStatus ?? 'unknown';
  return status === 'available' ? null : `"${writer}" is ${status}`;
}
