import type { EC2Client } from '@aws-sdk/client-ec2';
import type { AuditStore } from '../shared/clients/audit-store.ts';
import type { SensorBus } from '../shared/clients/sensor-bus.ts';
import { chunk } from '../shared/map-concurrently.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { mostServersOfSignal } from '../shared/signals/parse-sensor.ts';
import { endEpisodes, openEpisodes, readEpisodes, type NumberedConflict } from './count-episodes.ts';
import { describeLogistics, findWatched } from './find-watched.ts';
import { judgeZones } from './judge-zones.ts';
import { readZones, type ReadTools } from './read-zones.ts';

export interface WatchTools extends ReadTools {
  readonly ec2: EC2Client;
  readonly store: Pick<AuditStore, 'query' | 'put'>;
  readonly bus: Pick<SensorBus, 'report'>;
  readonly policy: Policy;
  readonly now: () => string;
}

/** What one run came to; servers by id with the reason why nothing is known of them. */
export interface WatchResult {
  readonly read: number;
  readonly unknown: Readonly<Record<string, string>>;
  readonly conflicts: readonly NumberedConflict[];
  readonly processConflicts: readonly string[];
  readonly ended: number;
}

/**
 * Compares the zones of every logistics server within its service and reports each conflict on the bus, under the same
 * id for as long as it lasts. Changes nothing on any host, and may run twice. What cannot be read is neither fine nor a
 * conflict. Throws where the document, the table or the bus fail: then nobody knows.
 */
export async function watchTimeZones(tools: WatchTools): Promise<WatchResult> {
  const { ec2, store, bus, policy, now } = tools;
  const watched = findWatched(await describeLogistics(ec2, policy), policy);
  const [seen, known] = await Promise.all([readZones(watched.servers, tools), readEpisodes(store)]);
  const { conflicts, processConflicts } = judgeZones(seen.hosts, policy.profiles.logistics.utcOffsetMinutes);
  const heard = new Set(watched.servers.map(({ server }) => server).filter((server) => !seen.unknown.has(server)));
  const numbered = await openEpisodes(store, known, conflicts, now());
  for (const conflict of numbered) await report(bus, conflict, now());
  // Last: what was not told of must not look as if it had been.
  const ended = await endEpisodes(store, known, conflicts, heard, now());
  const unknown = Object.fromEntries([...watched.unknown, ...seen.unknown]);
  return { read: heard.size, unknown, conflicts: numbered, processConflicts, ended };
}

/** One event a conflict; only a fleet beyond what one event may name takes more. */
async function report(bus: WatchTools['bus'], conflict: NumberedConflict, observedAt: string): Promise<void> {
  const { digest, episode, deviating } = conflict;
  const parts = chunk(
    deviating.map(({ server }) => server),
    mostServersOfSignal,
  );
  for (const [index, instanceIds] of parts.entries()) {
    const signalId = `time-zones-${digest}-${episode}${index === 0 ? '' : `-${index + 1}`}`;
    await bus.report({ instanceIds, kind: 'time-zone-conflict', signalId, observedAt });
  }
}
