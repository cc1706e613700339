import { randomUUID } from 'node:crypto';

/** An event as it reaches a rule. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What the sender of an event decides; the bus adds the rest. */
export interface EventSeed {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources?: readonly string[] | undefined;
  readonly time?: string | undefined;
  readonly id?: string | undefined;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

/** Completes an event as the bus does: id, time, account and Region. */
export function toBusEvent(seed: EventSeed, accountId: string, region: string): BusEvent {
  return {
    version: '0',
    id: seed.id ?? randomUUID(),
    'detail-type': seed['detail-type'],
    source: seed.source,
    account: seed.account ?? accountId,
    // EventBridge cuts the time to whole seconds.
    time: seed.time ?? new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: seed.region ?? region,
    resources: seed.resources ?? [],
    detail: seed.detail,
  };
}
