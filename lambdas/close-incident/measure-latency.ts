import type { ClosingRequest, Step } from '../shared/contracts/closing.ts';

/**
 * Milliseconds from the event's receipt, or from the answer where a person was asked first; null where no network cut was
 * made.
 */
export interface Latency {
  /** To the first blocking call of the network cut, for the slowest cohort. */
  readonly cutMs: number | null;
  /** To the moment it had been read back that the cut holds, at least in part; a failed one never came. */
  readonly verifiedMs: number | null;
}

/** Measures the network cut: it is the one that must come within three seconds. */
export function measureLatency({ steps, receivedAt }: ClosingRequest): Latency {
  const cuts = steps.flat().filter(({ action }) => action === 'revoke-security-groups');
  return {
    cutMs: slowest(
      cuts.map((step) => timeOf(step, 'firstCallAt')),
      receivedAt,
    ),
    verifiedMs: slowest(
      cuts
        .filter(({ status }) => status === 'verified' || status === 'partial')
        .map((step) => timeOf(step, 'verifiedAt')),
      receivedAt,
    ),
  };
}

/** Lost actions and steps without a cut carry no times. */
function timeOf(step: Step, name: 'firstCallAt' | 'verifiedAt'): string | null {
  return name in step ? ((step as Readonly<Record<typeof name, string | null>>)[name] ?? null) : null;
}

/** The slowest cohort counts: the last server cut is the one that still spread. */
function slowest(times: readonly (string | null)[], since: string): number | null {
  const spans = times.filter((time) => time !== null).map((time) => Date.parse(time) - Date.parse(since));
  return spans.length === 0 ? null : Math.max(...spans);
}
