/** One zone that something on a server counts in. */
export interface ScopedZone {
  /** What counts in it: `host`, an engine, or a process. Only like is compared with like. */
  readonly scope: string;
  /** Minutes east of UTC; null where nobody could say. */
  readonly offsetMinutes: number | null;
}

/** The zones of one server. */
export interface HostZones {
  readonly server: string;
  readonly service: string;
  readonly zones: readonly ScopedZone[];
}

/** Servers that count the same scope in the same zone. */
export interface ZoneGroup {
  readonly offsetMinutes: number;
  readonly servers: readonly string[];
}

/**
 * What is known of one service. `conflict`: at least two servers count one scope in different zones, or one server counts
 * it in two. `unknown`: no conflict was seen, but not every zone either. `agree`: every zone was seen and all agree.
 */
export type ZoneFinding =
  | { readonly service: string; readonly kind: 'agree' }
  | { readonly service: string; readonly kind: 'unknown'; readonly servers: readonly string[] }
  | {
      readonly service: string;
      readonly kind: 'conflict';
      readonly scope: string;
      /** Most servers first: the first group is what the service is used to, no more. */
      readonly groups: readonly ZoneGroup[];
    };

/** Finds, service by service, whether its servers count in one zone. Clock errors are another matter. */
export function findZoneConflict(hosts: readonly HostZones[]): ZoneFinding[] {
  const services = [...Map.groupBy(hosts, ({ service }) => service)].sort(([a], [b]) => compareText(a, b));
  return services.map(([service, members]) => judgeService(service, members));
}

function judgeService(service: string, members: readonly HostZones[]): ZoneFinding {
  const told = members.flatMap(({ server, zones }) => zones.map((zone) => ({ ...zone, server })));
  const scopes = [...new Set(told.map(({ scope }) => scope))].sort(compareText);
  for (const scope of scopes) {
    const groups = groupByOffset(told.filter((zone) => zone.scope === scope));
    if (groups.length > 1) return { service, kind: 'conflict', scope, groups };
  }
  const silent = members.filter(({ zones }) => zones.length === 0).map(({ server }) => server);
  const servers = [
    ...silent,
    ...told.filter(({ offsetMinutes }) => offsetMinutes === null).map(({ server }) => server),
  ];
  if (servers.length === 0) return { service, kind: 'agree' };
  return { service, kind: 'unknown', servers: [...new Set(servers)].sort(compareText) };
}

function groupByOffset(zones: readonly (ScopedZone & { readonly server: string })[]): ZoneGroup[] {
  const known = zones.flatMap(({ server, offsetMinutes }) =>
    offsetMinutes === null ? [] : [{ server, offsetMinutes }],
  );
  return [...Map.groupBy(known, ({ offsetMinutes }) => offsetMinutes)]
    .map(([offsetMinutes, members]) => ({
      offsetMinutes,
      servers: [...new Set(members.map(({ server }) => server))].sort(compareText),
    }))
    .sort((a, b) => b.servers.length - a.servers.length || a.offsetMinutes - b.offsetMinutes);
}

/** By code unit: the same everywhere, whatever the place this runs in. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
