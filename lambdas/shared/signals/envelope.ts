import * as z from 'zod/mini';
import { isRecord } from '../record.ts';
import { normaliseKeys } from './normalise-keys.ts';
import { readTime } from './read-time.ts';

/** What EventBridge wraps around every event, as far as the fuse reads it. */
export const EnvelopeSchema = z.object({
  source: z.string().check(z.minLength(1)),
  'detail-type': z.string().check(z.minLength(1)),
  account: z.string().check(z.minLength(1)),
  region: z.string().check(z.minLength(1)),
  resources: z._default(z.array(z.string()), []),
  detail: z.optional(z.unknown()),
});
export type Envelope = z.infer<typeof EnvelopeSchema>;

/** True for a finding without its envelope, as GetFindings or an export gives it. */
export function isBareFinding(event: unknown): boolean {
  const finding = normaliseKeys(event);
  return isRecord(finding) && ['id', 'type', 'resource', 'service'].every((key) => key in finding);
}

/** A bare finding in the envelope that EventBridge would put around it; every other event as it is. */
export function toEnvelope(event: unknown): unknown {
  const finding = normaliseKeys(event);
  if (!isRecord(finding) || !isBareFinding(finding)) return event;
  return {
    version: '0',
    id: finding['id'],
    'detail-type': 'GuardDuty Finding',
    source: 'aws.guardduty',
    account: finding['accountId'],
    time: readTime(finding['updatedAt']),
    region: finding['region'],
    resources: [],
    detail: finding,
  };
}
