import { createHash } from 'node:crypto';
import type { Signal } from './contracts/signal.ts';

/**
 * The id of the incident a signal belongs to, derived from the event's own identity: every delivery of the same event
 * finds the same incident. The source is part of it, so that no manual request id can take the place of a finding.
 */
export function toIncidentId({ source, identity }: Pick<Signal, 'source' | 'identity'>): string {
  const digest = createHash('sha256').update(`${source}\n${identity}`).digest('hex');
  return `inc-${digest.slice(0, 20)}`;
}
