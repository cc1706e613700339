import * as z from 'zod/mini';
import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';

const LatencySchema = z.object({ cutMs: z.nullable(z.number()), verifiedMs: z.nullable(z.number()) });

/** What a closing measured, in milliseconds from the event's arrival, or from the answer where a person was asked first. */
export type ReadLatency = z.infer<typeof LatencySchema>;

/** The latency of a closing; null where the item is none, or nothing was cut from the network. */
export function readLatency(item: AuditItem): ReadLatency | null {
  const parsed = z.safeParse(LatencySchema, item['latency']);
  if (!parsed.success || (parsed.data.cutMs === null && parsed.data.verifiedMs === null)) return null;
  return parsed.data;
}

/** Rule R1 gives the network cut so long. */
export const cutLimitMs = 3_000;

/** A line for people, or null where nothing was cut from the network. */
export function describeLatency(item: AuditItem): string | null {
  const latency = readLatency(item);
  if (latency === null) return null;
  const { cutMs, verifiedMs } = latency;
  const from = item.sk.startsWith('closed#c') ? 'the answer' : 'the event';
  const held =
    verifiedMs === null
      ? 'never seen to hold'
      : `seen to hold after ${verifiedMs} ms${verifiedMs > cutLimitMs ? `, later than ${cutLimitMs} ms` : ''}`;
  return `network cut ${cutMs === null ? 'at no known time' : `${cutMs} ms`} after ${from}, ${held}`;
}
