import * as z from 'zod/mini';
import { databaseEngines } from '../actions/kill-sessions/session-selection.ts';
import type { HostZones } from './find-zone-conflict.ts';

/** Minutes east of UTC now; null where nobody could say. */
const offset = z.nullable(z.number());

/** The one line a host prints about its time zones. */
export const TimeZonesVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('detect-time-zones'),
  incident: z.string(),
  offsetMinutes: offset,
  zone: z.string(),
  localtime: z.string(),
  /** Empty where the host has nobody to ask. */
  ntpSynchronized: z.enum(['', 'yes', 'no']),
  engines: z.array(
    z.object({ engine: z.enum(databaseEngines), zone: z.string(), source: z.string(), offsetMinutes: offset }),
  ),
  /** Processes with a zone of their own, the first few that differ from the host's; all are in the list. */
  processes: z.array(
    z.object({
      name: z.string(),
      source: z.enum(['TZ', 'user.timezone']),
      zone: z.string(),
      offsetMinutes: offset,
      count: z.number(),
    }),
  ),
  processZones: z.number(),
  listFile: z.string(),
  listDigest: z.string().check(z.regex(/^([0-9a-f]{64})?$/)),
  totalMs: z.number(),
  error: z.string(),
});
export type TimeZonesVerdict = z.infer<typeof TimeZonesVerdictSchema>;

/** Turns a host's verdict into what the search for a conflict takes; null is a host that said nothing. */
export function toHostZones(server: string, service: string, verdict: TimeZonesVerdict | null): HostZones {
  if (verdict === null) return { server, service, zones: [{ scope: 'host', offsetMinutes: null }] };
  const { offsetMinutes, engines, processes } = verdict;
  const zones = [
    { scope: 'host', offsetMinutes },
    ...engines.map((engine) => ({ scope: engine.engine, offsetMinutes: engine.offsetMinutes })),
    ...processes.map((process) => ({ scope: `process ${process.name}`, offsetMinutes: process.offsetMinutes })),
  ];
  return { server, service, zones };
}
