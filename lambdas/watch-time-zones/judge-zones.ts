import { sha256Hex, toCanonicalJson } from '../shared/canonical-json.ts';
import { findZoneConflict, type HostZones, type ZoneFinding } from '../shared/time-zones/find-zone-conflict.ts';

/** Servers of one service that count the same thing in different zones. */
export interface ZoneConflict {
  readonly service: string;
  /** `host` or an engine. */
  readonly scope: string;
  /** What the deviating ones are held against, in minutes east of UTC; null where no zone has the majority. */
  readonly usualMinutes: number | null;
  readonly deviating: readonly { readonly server: string; readonly offsetMinutes: number }[];
  /** The same for the same conflict in every run. */
  readonly digest: string;
}

/** What one run found. */
export interface ZoneJudgement {
  readonly conflicts: readonly ZoneConflict[];
  /** Services whose processes alone count differently: worth a look, but a shell of an operator would do that too. */
  readonly processConflicts: readonly string[];
}

const isProcess = ({ scope }: { readonly scope: string }): boolean => scope.startsWith('process ');

/** Compares the servers of each service. `wantedMinutes` is what the policy says every host must be set to. Pure. */
export function judgeZones(hosts: readonly HostZones[], wantedMinutes: number | undefined): ZoneJudgement {
  const only = (keeps: (zone: HostZones['zones'][number]) => boolean) =>
    hosts.map((host) => ({ ...host, zones: host.zones.filter(keeps) }));
  const conflicts = findZoneConflict(only((zone) => !isProcess(zone))).flatMap((finding) =>
    finding.kind === 'conflict' ? [nameDeviating(finding, wantedMinutes)] : [],
  );
  const processConflicts = findZoneConflict(only(isProcess)).flatMap(({ kind, service }) =>
    kind === 'conflict' ? [service] : [],
  );
  return { conflicts, processConflicts };
}

/** Against the policy's zone where there is one, else against the majority; where there is none, each may be wrong. */
function nameDeviating(
  { service, scope, groups }: Extract<ZoneFinding, { kind: 'conflict' }>,
  wantedMinutes: number | undefined,
): ZoneConflict {
  const [first, second] = groups;
  const hasMajority = (first?.servers.length ?? 0) > (second?.servers.length ?? 0);
  const majority = hasMajority ? (first?.offsetMinutes ?? null) : null;
  // The policy speaks of hosts only: a database may well count in UTC.
  const usualMinutes = scope === 'host' && wantedMinutes !== undefined ? wantedMinutes : majority;
  const deviating = groups
    .filter(({ offsetMinutes }) => offsetMinutes !== usualMinutes)
    .flatMap(({ offsetMinutes, servers }) => servers.map((server) => ({ server, offsetMinutes })))
    .sort((a, b) => (a.server < b.server ? -1 : 1));
  // Without those that agree: a server that joins them makes no new conflict.
  const digest = sha256Hex(toCanonicalJson([service, scope, usualMinutes, deviating])).slice(0, 16);
  return { service, scope, usualMinutes, deviating, digest };
}
