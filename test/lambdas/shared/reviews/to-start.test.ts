import { describe, expect, it } from 'vitest';
import { toIncidentId } from '../../../../lambdas/shared/incident-id.ts';
import { toStart } from '../../../../lambdas/shared/reviews/to-start.ts';
import { parseEvent } from '../../../../lambdas/shared/signals/parse-event.ts';

const home = { accountId: '123456789012', region: 'eu-central-1', receivedAt: '2026-11-23T12:00:00.000Z' };
const review = {
  name: 'export',
  border: 'abroad',
  scope: { service: 'ledger' },
  owner: 'legal desk',
  reason: 'audit',
  until: '2026-12-01T00:00:00.000Z',
  at: home.receivedAt,
  eventId: 'e1',
};
const plan = { servers: ['i-0000000000000000a'], peers: ['203.0.113.0/24'], attempt: 1, takesLists: true };

describe('toStart', () => {
  it('is a manual start by the owner, which opens the very incident it names', () => {
    const { incidentId, input } = toStart(review, plan, home);

    const parsed = parseEvent(input, home);
    expect(parsed).toMatchObject({
      kind: 'signal',
      signal: {
        kind: 'border-review',
        requestedBy: 'legal desk',
        border: 'abroad',
        remoteAddresses: ['203.0.113.0/24'],
      },
    });
    expect(incidentId).toBe(parsed.kind === 'signal' ? toIncidentId(parsed.signal) : '');
  });

  it('is the same whenever it is made, and another for other servers, peers or attempts', () => {
    const idOf = (over: Partial<typeof plan>, receivedAt = home.receivedAt) =>
      toStart(review, { ...plan, ...over }, { ...home, receivedAt }).incidentId;

    const own = idOf({});
    const others = [{ servers: ['i-0000000000000000b'] }, { peers: ['198.18.7.0/24'] }, { attempt: 2 }].map((over) =>
      idOf(over),
    );

    expect(idOf({}, '2026-11-24T12:00:00.000Z')).toBe(own);
    expect(new Set([own, ...others]).size).toBe(4);
  });

  it('names the border in one start only, so that no two take the same rules away', () => {
    expect(toStart(review, { ...plan, takesLists: false }, home).input).not.toHaveProperty('border');
  });
});
