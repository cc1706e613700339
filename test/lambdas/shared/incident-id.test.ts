import { describe, expect, it } from 'vitest';
import { toIncidentId } from '../../../lambdas/shared/incident-id.ts';

describe('toIncidentId', () => {
  const finding = { source: 'guardduty', identity: 'guardduty:123456789012:us-east-1:f1' } as const;

  it('derives the same id from the same identity', () => {
    expect(toIncidentId(finding)).toBe(toIncidentId({ ...finding }));
    expect(toIncidentId(finding)).toMatch(/^inc-[0-9a-f]{20}$/);
  });

  it('gives no manual start the id of a finding, whatever it calls itself', () => {
    expect(toIncidentId({ ...finding, source: 'manual' })).not.toBe(toIncidentId(finding));
  });
});
