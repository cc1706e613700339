/** Kinds of events as their senders' rates tell them apart. */
export type KindOfEvent = 'finding' | 'update' | 'alarm' | 'sensor';

interface DocumentedRate {
  /** Of what the rate is: one source of such events. */
  readonly source: string;
  readonly words: string;
  /** The most that one source sends. */
  readonly perMinute: number;
}

/** What the senders' own pages, and ours, say of how often one source sends at most. */
export const documentedRates: Readonly<Record<KindOfEvent, DocumentedRate>> = {
  finding: {
    source: 'a server',
    words: 'GuardDuty: a new finding within 5 minutes, later activity under the same id',
    perMinute: 1 / 5,
  },
  update: { source: 'a finding', words: 'GuardDuty: every 15 minutes at the soonest', perMinute: 1 / 15 },
  alarm: { source: 'an alarm', words: 'CloudWatch: a change of state once in its period of a minute', perMinute: 1 },
  sensor: { source: 'a host', words: "the fuse's own sensor: every 60 seconds", perMinute: 1 },
};

export interface KindCount {
  readonly kind: KindOfEvent;
  /** Over the hour, without those that EventBridge delivers a second time. */
  readonly events: number;
  readonly inStormMinute: number;
}

export interface Multiple extends KindCount {
  readonly perMinute: number;
  /** As many sources as could send that at their documented rate. */
  readonly times: number;
  readonly timesInStorm: number;
}

/** How many times the documented rate of one source each kind came at. The storm minute is not hidden in the mean. */
export function toMultiples(counts: readonly KindCount[], minutes: number): Multiple[] {
  return counts.map((count) => {
    const { perMinute: documented } = documentedRates[count.kind];
    // Without the storm, which would make a lull of the other minutes look like a load.
    const perMinute = (count.events - count.inStormMinute) / Math.max(1, minutes - 1);
    return { ...count, perMinute, times: perMinute / documented, timesInStorm: count.inStormMinute / documented };
  });
}
