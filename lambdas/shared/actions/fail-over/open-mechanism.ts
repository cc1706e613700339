import * as z from 'zod/mini';
import { LookupFailedError } from '../../errors.ts';
import { ServerIdSchema } from '../../contracts/signal.ts';
import { FailOverSchema, type FailOver } from '../../policy/fail-over-schema.ts';
import type { Change, Json } from '../action.ts';
import { autoScalingStandby } from './auto-scaling-standby.ts';
import { elasticIp } from './elastic-ip.ts';
import type { Mechanism, MechanismTools, Way } from './mechanism.ts';
import { rdsCluster } from './rds-cluster.ts';
import { rdsMultiAz } from './rds-multi-az.ts';
import { route53Record } from './route53-record.ts';
import { targetGroupMembers } from './target-group-members.ts';
import { targetGroupWeights } from './target-group-weights.ts';

/** A former state: how it was switched, because of which servers, and the whole routing before. */
const BeforeSchema = z.object({
  how: FailOverSchema,
  servers: z.array(ServerIdSchema),
  routing: z.custom<Json>((value) => value !== undefined),
});
const IntendedSchema = z.object({ routing: z.custom<Json>((value) => value !== undefined) });

/** A change read back from its record, with the mechanism that made it. */
export interface Switch {
  readonly mechanism: Mechanism;
  readonly way: Way<Json>;
}

/** Writes the former state as the record holds it; restore needs no policy to go back. */
export function toChange(mechanism: Mechanism, how: FailOver, servers: readonly string[], way: Way<Json>): Change {
  const [first = '', ...rest] = mechanism.server === undefined ? servers : [mechanism.server];
  return {
    target: mechanism.target,
    server: first,
    ...(rest.length > 0 && { alsoTouches: rest }),
    // A server that is gone needs its standby most of all.
    outlivesServer: true,
    before: { how: how as Json, servers, routing: way.before },
    intended: { routing: way.to },
  };
}

/** Reads a change back; throws LookupFailedError on a record that is none of ours. */
export function openSwitch(change: Change, tools: MechanismTools): Switch {
  const { target } = change;
  const [before, intended] = [z.safeParse(BeforeSchema, change.before), z.safeParse(IntendedSchema, change.intended)];
  if (!before.success || !intended.success)
    throw new LookupFailedError(`Change of "${target}" not understood: it is malformed`);
  const { how, servers, routing } = before.data;
  const mechanism = openMechanisms(how, servers, tools).find((each) => each.target === target);
  if (mechanism === undefined) throw new LookupFailedError(`Change of "${target}" not understood: it names another`);
  return { mechanism, way: { before: routing, to: intended.data.routing } };
}

/**
 * The mechanisms by which servers are failed over: one for the resource, or one for each server. A client is made with
 * the mechanism that needs it.
 */
export function openMechanisms(how: FailOver, servers: readonly string[], tools: MechanismTools): Mechanism[] {
  switch (how.by) {
    case 'target-group-weights':
      return [targetGroupWeights(how)];
    case 'target-group-members':
      return [targetGroupMembers(how, servers, tools)];
    case 'elastic-ip':
      return [elasticIp(how, servers, tools)];
    case 'route53-record':
      return [route53Record(how, servers, tools)];
    case 'auto-scaling-standby':
      return servers.map((server) => autoScalingStandby(how, server, servers));
    case 'rds-multi-az':
      return [rdsMultiAz(how)];
    case 'rds-cluster':
      return [rdsCluster(how)];
    default:
      return how satisfies never;
  }
}
