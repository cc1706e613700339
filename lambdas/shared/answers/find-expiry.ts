import type { Cut } from '../contracts/incident.ts';
import type { Signal } from '../contracts/signal.ts';
import type { Policy } from '../policy/policy-schema.ts';

const minutesOf = { server: 'serverMinutes', peers: 'peerMinutes', ports: 'portMinutes' } as const;

/** When a cut is to be undone by itself, ISO 8601 in UTC; null when only a person undoes it. Pure. */
export function findExpiry(
  cut: Cut,
  signal: Signal,
  { expiry }: Pick<Policy, 'expiry'>,
  receivedAt: string,
): string | null {
  const minutes = signal.expiresInMinutes ?? expiry[minutesOf[cut.scope]];
  return minutes === undefined ? null : new Date(Date.parse(receivedAt) + minutes * 60_000).toISOString();
}
