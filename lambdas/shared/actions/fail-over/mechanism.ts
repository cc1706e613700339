import type { EC2Client } from '@aws-sdk/client-ec2';
import * as z from 'zod/mini';
import { isSameJson } from '../../canonical-json.ts';
import type { Timing } from '../../clients/aws-errors.ts';
import { LookupFailedError } from '../../errors.ts';
import type { Json } from '../action.ts';

/** What every mechanism works with; the client of its own service it makes itself. */
export interface MechanismTools {
  readonly ec2: EC2Client;
  readonly timing: Timing;
}

/** What the routing is to become; or why there is nothing to switch, why it cannot be, or why nobody could take over. */
export type Aim<Routing> =
  | { readonly kind: 'switch'; readonly to: Routing }
  | { readonly kind: 'leave' | 'unable' | 'no-standby'; readonly reason: string };

/** Those to whom a routing leads, as they were found just now. */
export interface Sight {
  /** All servers that would get traffic; none for a database. */
  readonly servers: readonly string[];
  /** Those of them that were found healthy. */
  readonly healthy: readonly string[];
  /** Why they could not carry the service; null when they can. */
  readonly hindrance: string | null;
}

/** Where a routing stands between the former one and the one that is wanted. */
export type Place = 'before' | 'to' | 'between' | 'other';

/** The two ends of a switch: a fail-over goes from the former to the wanted routing, a fail-back the other way. */
export interface Way<Routing> {
  readonly before: Routing;
  readonly to: Routing;
}

/**
 * One manner of switching one resource. Nothing here decides: the action reads, looks whether the other end is healthy,
 * routes, and observes; failing back is the same with the ends exchanged.
 */
export interface Mechanism<Routing = Json> {
  /** The resource whose routing changes. */
  readonly target: string;
  /** The only server it is about, where each server has a change of its own. Left out: all of the cohort. */
  readonly server?: string;
  /** False for a call that would switch back when it is made twice: then it is made once, and never after a break. */
  readonly isRepeatable: boolean;
  /** True where only a new call tells whether the change has arrived everywhere: it is repeated after a break. */
  readonly settlesByCall?: boolean;
  /** The present routing, in full. */
  read(): Promise<Routing>;
  aim(present: Routing): Promise<Aim<Routing>>;
  place(present: Routing, way: Way<Routing>): Place;
  /** Looks, before the call, whether those at the end of the way are healthy. */
  examine(way: Way<Routing>): Promise<Sight>;
  /** Makes the documented calls, and asks before each but the first. Throws what AWS answers, and what it is told there. */
  route(present: Routing, way: Way<Routing>, deadlineMs: number, ask: () => Promise<void>): Promise<void>;
  /**
   * Says whether a switch that was asked for, either way, may still be under way, so that the routing does not read as it
   * will be, or null. Left out where the routing changes with the call.
   */
  findUnderWay?(): Promise<string | null>;
  /** Looks, after the routing was read back, whether those at the end carry it: why not yet, or null. */
  settle(way: Way<Routing>): Promise<string | null>;
}

/** A mechanism whose routings come from the audit table and go there; throws LookupFailedError on a malformed one. */
export function onRecords<Routing>(schema: z.ZodMiniType<Routing>, inner: Mechanism<Routing>): Mechanism {
  const parse = (value: Json): Routing => {
    const parsed = z.safeParse(schema, value);
    if (parsed.success) return parsed.data;
    throw new LookupFailedError(`Routing of "${inner.target}" not understood: it is malformed`);
  };
  const parseWay = ({ before, to }: Way<Json>) => ({ before: parse(before), to: parse(to) });
  return {
    ...inner,
    read: async () => toJson(await inner.read()),
    aim: async (present) => {
      const aim = await inner.aim(parse(present));
      return aim.kind === 'switch' ? { kind: 'switch', to: toJson(aim.to) } : aim;
    },
    place: (present, way) => inner.place(parse(present), parseWay(way)),
    examine: async (way) => inner.examine(parseWay(way)),
    route: async (present, way, deadlineMs, ask) => inner.route(parse(present), parseWay(way), deadlineMs, ask),
    settle: async (way) => inner.settle(parseWay(way)),
  };
}

/** The place of a routing that changes in one step, so that nothing lies between its ends. */
export function placeBy<Routing>(view: (routing: Routing) => unknown): Mechanism<Routing>['place'] {
  return (present, { before, to }) => {
    if (isSameJson(view(present), view(to))) return 'to';
    return isSameJson(view(present), view(before)) ? 'before' : 'other';
  };
}

/** As it will stand in the audit table: without members that have no value. */
function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
