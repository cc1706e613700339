import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import * as z from 'zod/mini';
import { clientOptions } from '../../clients/client-options.ts';
import type { FailOver } from '../../policy/fail-over-schema.ts';
import { checkServers, toSight } from './check-servers.ts';
import { onRecords, placeBy, type Aim, type Mechanism, type MechanismTools } from './mechanism.ts';

type Record53 = Extract<FailOver, { by: 'route53-record' }>;

/** The whole record set: alias, values and time to live go back as they were. */
const RoutingSchema = z.object({ records: z.array(z.custom<ResourceRecordSet>((value) => typeof value === 'object')) });
type Routing = z.infer<typeof RoutingSchema>;

/** An alias has no time to live of its own; this is what Route 53 itself needs to spread a change. */
const aliasTtlSeconds = 60;

/** Sets of one name and type that routing policies tell apart; more than one is enough to know. */
const mostSets = 10;

/**
 * Gives a record the standby's values. Route 53 has the change on all its servers within a minute, which is waited for;
 * whoever has the former values cached follows when their time to live is over, and connections that are open stay.
 */
export function route53Record(how: Record53, servers: readonly string[], tools: MechanismTools): Mechanism {
  const route53 = new Route53Client(clientOptions);
  let changeId: string | undefined;
  return onRecords(RoutingSchema, {
    target: `${how.hostedZoneId}/${how.name}/${how.type}`,
    isRepeatable: true,
    settlesByCall: true,
    read: async () => ({ records: await readRecords(route53, how) }),
    aim: async ({ records }) => Promise.resolve(aimAt(records, how)),
    place: placeBy(({ records }: Routing) => records.map(view)),
    examine: async ({ to }) => toSight(await checkServers(tools.ec2, listServers(to, how, servers)), 'all'),
    route: async (_present, { to }) => {
      const Changes = to.records.map((record) => ({ Action: 'UPSERT' as const, ResourceRecordSet: record }));
      const input = { HostedZoneId: how.hostedZoneId, ChangeBatch: { Comment: 'connection-fuse', Changes } };
      changeId = (await route53.send(new ChangeResourceRecordSetsCommand(input))).ChangeInfo?.Id;
    },
    settle: async () => {
      // Without a call of our own there is nothing to ask for: then the record alone was read back.
      if (changeId === undefined) return null;
      const { ChangeInfo } = await route53.send(new GetChangeCommand({ Id: changeId }));
      return ChangeInfo?.Status === 'INSYNC' ? null : `Change is ${ChangeInfo?.Status ?? 'unknown'}`;
    },
  });
}

async function readRecords(
  route53: Route53Client,
  { hostedZoneId, name, type }: Record53,
): Promise<ResourceRecordSet[]> {
  const { ResourceRecordSets = [] } = await route53.send(
    new ListResourceRecordSetsCommand({
      HostedZoneId: hostedZoneId,
      StartRecordName: name,
      StartRecordType: type,
      MaxItems: mostSets,
    }),
  );
  return ResourceRecordSets.filter(({ Name, Type }) => Name?.toLowerCase() === name && Type === type);
}

/** A record that a routing policy chooses among several has no one value to change. */
function aimAt(records: readonly ResourceRecordSet[], { name, type, standbyValues }: Record53): Aim<Routing> {
  const [record] = records;
  if (record === undefined) return { kind: 'unable', reason: `There must be a record "${name}" of type ${type}` };
  if (records.length > 1 || record.SetIdentifier !== undefined)
    return { kind: 'unable', reason: `Record "${name}" must be a simple one, a routing policy chooses among several` };
  const values = standbyValues.map((Value) => ({ Value }));
  return {
    kind: 'switch',
    to: {
      records: [{ Name: record.Name, Type: record.Type, TTL: record.TTL ?? aliasTtlSeconds, ResourceRecords: values }],
    },
  };
}

/**
 * Every value gets its share of the clients, so all servers behind them must be well. The standby's are named by the
 * policy; of any other value nothing is known but that it led to the servers in question.
 */
function listServers(
  { records }: Routing,
  { standby, standbyValues }: Record53,
  inQuestion: readonly string[],
): readonly string[] {
  const values = records.flatMap(({ ResourceRecords = [] }) => ResourceRecords.map(({ Value = '' }) => Value));
  const isStandbys = (value: string) => standbyValues.includes(value);
  // An alias has no values: it leads somewhere else altogether.
  const leadsElsewhere = values.length === 0 || !values.every(isStandbys);
  return [...(values.some(isStandbys) ? standby : []), ...(leadsElsewhere ? inQuestion : [])];
}

/** The order of values carries no meaning. */
function view({ TTL, ResourceRecords = [], AliasTarget, SetIdentifier }: ResourceRecordSet): unknown {
  const values = ResourceRecords.map(({ Value = '' }) => Value).sort();
  return { values, ttlSeconds: TTL ?? null, alias: AliasTarget ?? null, set: SetIdentifier ?? null };
}
