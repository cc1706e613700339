import { checkerAddress, normaliseName, propagationMs } from './model.ts';
import type { HostedZone, RecordSet, Route53Model } from './model.ts';

/** An address a name leads to, with its share. */
export interface Answer {
  readonly address: string;
  readonly weight: number;
}

/**
 * What clients see of a zone now: a change reaches them when it has reached the name servers and the TTL of what they
 * had before is over as well. Caches that expire in between are luck, which the lab does not have.
 */
export function readVisibleRecords(model: Route53Model, zone: HostedZone): ReadonlyMap<string, RecordSet> {
  zone.former = zone.former.filter(({ endsAt }) => endsAt > model.now());
  return zone.former[0]?.records ?? zone.records;
}

/** Keeps the state before a change for those who still see it, and puts the new one in its place. */
export function replaceRecords(model: Route53Model, zone: HostedZone, records: ReadonlyMap<string, RecordSet>): void {
  const changed = [...zone.records].filter(
    ([key, record]) => JSON.stringify(records.get(key)) !== JSON.stringify(record),
  );
  const longestTtl = Math.max(0, ...changed.map(([, { ttlSeconds }]) => ttlSeconds));
  const endsAt = model.now() + propagationMs + longestTtl * 1000;
  zone.former = [...zone.former, { endsAt, records: zone.records }];
  zone.records = records;
}

/** Where a name leads: by weight among those whose health check passes, and among all when none does. */
export async function resolveName(model: Route53Model, name: string): Promise<readonly Answer[]> {
  const wanted = normaliseName(name);
  const zones = [...model.zones.values()].filter((zone) => wanted === zone.name || wanted.endsWith(`.${zone.name}`));
  const records = zones
    .flatMap((zone) => [...readVisibleRecords(model, zone).values()])
    .filter((record) => record.name === wanted && record.type === 'A' && (record.weight ?? 1) > 0);
  const healthy = await Promise.all(records.map(async ({ healthCheckId }) => await passes(model, healthCheckId)));
  const chosen = healthy.includes(true) ? records.filter((_, index) => healthy[index]) : records;
  return chosen.flatMap(({ values, weight = 1 }) =>
    values.map((address) => ({ address, weight: weight / values.length })),
  );
}

/** A record without a check is healthy, as on AWS. */
export async function passes(model: Route53Model, healthCheckId: string | undefined): Promise<boolean> {
  const check = healthCheckId === undefined ? undefined : model.healthChecks.get(healthCheckId);
  if (check === undefined) return healthCheckId === undefined;
  return await model.probe({ from: checkerAddress, address: check.address, port: check.port });
}
