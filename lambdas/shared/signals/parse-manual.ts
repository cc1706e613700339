import * as z from 'zod/mini';
import { ServerIdSchema, signalKinds, spreadingKinds, type ParsedEvent } from '../contracts/signal.ts';
import { hostCidrRule } from '../host-address.ts';
import { NameSchema } from '../policy/policy-words.ts';
import { isPeer, readAddresses } from './addresses.ts';
import { digestContent } from './content-digest.ts';
import { distinct } from './instance-ids.ts';
import { parsePart, rejectEvent } from './reject.ts';

/** Where and when a manual start arrives: it comes from no bus, so nothing in it names account, region and time. */
export interface Home {
  readonly accountId: string;
  readonly region: string;
  /** ISO 8601 in UTC. */
  readonly receivedAt: string;
}

/** The input of a manual start of the state machine. Unknown keys are refused: a misspelt one must not widen a cut. */
export const ManualStartSchema = z.strictObject({
  fuse: z.literal('trip'),
  requestedBy: z.string().check(z.minLength(1), z.maxLength(200)),
  reason: z.string().check(z.minLength(1), z.maxLength(1000)),
  servers: z.array(ServerIdSchema).check(z.minLength(1), z.maxLength(500)),
  kind: z.enum(signalKinds),
  /** Cut these addresses or CIDRs only. */
  peers: z.optional(
    z
      .array(z.string().check(z.refine(isPeer, `must be an address or range ${hostCidrRule}`)))
      .check(z.minLength(1), z.maxLength(100)),
  ),
  /** Cut these local TCP ports only. */
  ports: z.optional(z.array(z.int().check(z.minimum(1), z.maximum(65_535))).check(z.minLength(1), z.maxLength(100))),
  /** Chosen by the requester; starting the same again under it is a repeat, not a second incident. */
  requestId: z.string().check(z.minLength(1), z.maxLength(200)),
  /** Passes over budget, exceptions and approvals; never over lifelines, nor over a fuse that is off or in shadow mode. */
  breakGlass: z.optional(z.literal(true)),
  /** Undo the cut after so long; it wins over the policy's expiry. */
  expiresInMinutes: z.optional(z.int().check(z.minimum(1), z.maximum(10_080))),
  /** Reviews only: the border whose peers these are. Rules by its prefix lists go as well. */
  border: z.optional(NameSchema),
});

/** A manual start: a person names the servers, the kind of trouble and, if wanted, how little is to be cut. */
export function parseManual(event: unknown, home: Home): ParsedEvent {
  const start = parsePart(ManualStartSchema, event, 'Manual start');
  refuseMixedScope(start);
  const content = {
    kind: start.kind,
    servers: distinct(start.servers),
    remoteAddresses: readAddresses(start.peers ?? []),
    localPorts: distinct(start.ports ?? []),
    measure: null,
    ...(start.breakGlass && { breakGlass: start.breakGlass }),
    ...(start.expiresInMinutes !== undefined && { expiresInMinutes: start.expiresInMinutes }),
    ...(start.border !== undefined && { border: start.border }),
  };
  return {
    kind: 'signal',
    signal: {
      ...content,
      source: 'manual',
      identity: `manual:${start.requestId}:${digestContent(content)}`,
      name: `Manual start: ${start.kind}`,
      accountId: home.accountId,
      region: home.region,
      resource: null,
      childAlarms: [],
      role: 'unknown',
      severity: null,
      occurredAt: home.receivedAt,
      requestedBy: start.requestedBy,
      reason: start.reason,
    },
  };
}

/** A cut has one shape: peers and ports together would leave open whether both or either is meant. */
function refuseMixedScope({ kind, peers, ports, border }: z.infer<typeof ManualStartSchema>): void {
  if (peers !== undefined && ports !== undefined) rejectEvent('ports', 'must be left out where peers are given', ports);
  if (border !== undefined && kind !== 'border-review')
    rejectEvent('border', 'must be left out but for a review', border);
  if (spreadingKinds.has(kind) && (peers ?? ports) !== undefined) {
    rejectEvent('kind', 'must be another one where peers or ports are given: what spreads is cut whole', kind);
  }
}
