import * as z from 'zod/mini';
import { sha256Hex, toCanonicalJson } from '../canonical-json.ts';
import { ServerIdSchema, type ParsedEvent } from '../contracts/signal.ts';
import { isAddress, readAddresses } from './addresses.ts';
import { digestContent } from './content-digest.ts';
import type { Envelope } from './envelope.ts';
import { distinct } from './instance-ids.ts';
import { readTime } from './read-time.ts';
import { parsePart, rejectEvent } from './reject.ts';

/** Applications have a source of their own, so that a role can be let report orders and nothing else. */
export const applicationSource = 'connection-fuse.application';
export const orderStateDetailType = 'Order State';

const shortText = z.string().check(z.minLength(1), z.maxLength(100));

/** What an application says of an order whose state it wrote. Our own event, so unknown keys are refused. */
export const OrderStateSchema = z.strictObject({
  /** The order's own number. */
  order: shortText,
  /** Servers on which the database is, or from which it is reached: their sessions end. */
  servers: z.array(ServerIdSchema).check(z.minLength(1), z.maxLength(100)),
  /** Every state an order passes, the first one first. Who knows the orders knows their states. */
  states: z.array(shortText).check(z.minLength(2), z.maxLength(50)),
  fromState: shortText,
  toState: shortText,
  /** When the state was written, ISO 8601 with a zone. */
  at: z.string(),
  database: z.optional(shortText),
  /** Whose session wrote it; with an address only that client is cut. */
  client: z.optional(
    z.strictObject({
      address: z.optional(z.string().check(z.refine(isAddress, 'must be an IP address'))),
      user: z.optional(shortText),
      application: z.optional(shortText),
    }),
  ),
});

/**
 * An order's state as its application saw it change. Backwards it is a red line; forwards it is ignored, for a sender may
 * report every change. States are compared by their order alone, never by the clocks of those who wrote them.
 */
export function parseOrderState({ account, region, detail }: Envelope): ParsedEvent {
  const { order, servers, states, fromState, toState, at, database, client } = parsePart(
    OrderStateSchema,
    detail,
    'Order state',
  );
  if (distinct(states).length < states.length) rejectEvent('detail.states', 'must name each state once', states);
  const [from, to] = [rankOf(states, fromState, 'fromState'), rankOf(states, toState, 'toState')];
  const occurredAt = readTime(at) ?? rejectEvent('detail.at', 'must be a time', at);
  const by = [database, client?.user, client?.application].filter((word) => word !== undefined);
  const name = `Order ${order}, ${fromState} to ${toState}${by.length === 0 ? '' : `, by ${by.join('/')}`}`;
  if (to >= from) return { kind: 'ignored', reason: 'The state of the order does not go backwards', name };
  const content = {
    kind: 'order-state-backwards' as const,
    servers: distinct(servers),
    remoteAddresses: readAddresses([client?.address ?? []].flat()),
    localPorts: [],
    measure: null,
  };
  const change = sha256Hex(toCanonicalJson([order, fromState, toState, occurredAt])).slice(0, 16);
  return {
    kind: 'signal',
    signal: {
      ...content,
      source: 'host-sensor',
      identity: [applicationSource, account, region, change, digestContent(content)].join(':'),
      name,
      accountId: account,
      region,
      resource: null,
      childAlarms: [],
      role: 'unknown',
      severity: null,
      occurredAt,
      requestedBy: null,
      reason: null,
    },
  };
}

/** A state nobody listed may stand anywhere: whether the order went back cannot be told. */
function rankOf(states: readonly string[], state: string, key: string): number {
  const rank = states.indexOf(state);
  return rank === -1 ? rejectEvent(`detail.${key}`, `must be one of detail.states: ${states.join(', ')}`, state) : rank;
}
