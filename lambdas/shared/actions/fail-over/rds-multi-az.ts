import { DescribeDBInstancesCommand, RDSClient, RebootDBInstanceCommand, type DBInstance } from '@aws-sdk/client-rds';
import * as z from 'zod/mini';
import { clientOptions } from '../../clients/client-options.ts';
import type { FailOver } from '../../policy/fail-over-schema.ts';
import { onRecords, placeBy, type Aim, type Mechanism, type Sight } from './mechanism.ts';

type MultiAz = Extract<FailOver, { by: 'rds-multi-az' }>;

/** The zone in which the instance runs, and the one in which its standby does. */
const RoutingSchema = z.object({ zone: z.string(), standbyZone: z.nullable(z.string()) });
type Routing = z.infer<typeof RoutingSchema>;

/**
 * Lets a Multi-AZ instance change places with its standby: typically one to two minutes, in which every connection to it
 * ends. The call has no target, a second one would switch back: it is made once, and its client tries once.
 */
export function rdsMultiAz({ instance }: MultiAz): Mechanism {
  const rds = new RDSClient({ ...clientOptions, maxAttempts: 1 });
  const look = async () => readInstance(rds, instance);
  return onRecords(RoutingSchema, {
    target: `db:${instance}`,
    isRepeatable: false,
    read: async () => {
      const { AvailabilityZone: zone = '', SecondaryAvailabilityZone: standbyZone = null } = await look();
      return { zone, standbyZone };
    },
    aim: async (present) => Promise.resolve(aimAt(present, instance)),
    place: placeBy(({ zone }: Routing) => zone),
    examine: async ({ to }) => examine(await look(), to),
    route: async () => {
      await rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: instance, ForceFailover: true }));
    },
    findUnderWay: async () => findUnavailable(await look()),
    settle: async () => findUnavailable(await look()),
  });
}

async function readInstance(rds: RDSClient, name: string): Promise<DBInstance> {
  const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: name }));
  const found = DBInstances.find(({ DBInstanceIdentifier }) => DBInstanceIdentifier === name);
  if (found !== undefined) return found;
  throw Object.assign(new Error(`Database instance "${name}" is not there`), { name: 'DBInstanceNotFound' });
}

function aimAt({ zone, standbyZone }: Routing, instance: string): Aim<Routing> {
  if (standbyZone === null) return { kind: 'no-standby', reason: `"${instance}" has no standby in another zone` };
  return { kind: 'switch', to: { zone: standbyZone, standbyZone: zone } };
}

/** The standby is in step as long as RDS calls the instance available and Multi-AZ. */
function examine(found: DBInstance, { zone }: Routing): Sight {
  const { DBInstanceIdentifier: name, MultiAZ, AvailabilityZone, SecondaryAvailabilityZone } = found;
  const isReady = MultiAZ === true && [AvailabilityZone, SecondaryAvailabilityZone].includes(zone);
  const hindrance = isReady ? findUnavailable(found) : `"${name}" has no standby in zone "${zone}"`;
  return { servers: [], healthy: [], hindrance };
}

function findUnavailable({
  DBInstanceIdentifier: name,
  DBInstanceStatus: status = 'unknown',
}: DBInstance): string | null {
  return status === 'available' ? null : `"${name}" is ${status}`;
}
