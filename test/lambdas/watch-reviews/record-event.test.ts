import { beforeEach, describe, expect, it } from 'vitest';
import { ReviewRegister } from '../../../lambdas/shared/reviews/review-register.ts';
import { recordEvent } from '../../../lambdas/watch-reviews/record-event.ts';
import { FakeTable } from '../../builders/fake-table.ts';
import { buildPolicy } from '../../builders/policy.ts';

const now = '2026-11-23T12:00:00.000Z';
const open = {
  operation: 'open',
  name: 'export',
  border: 'abroad',
  scope: { service: 'shop' },
  owner: 'legal desk',
  reason: 'audit',
  until: '2026-12-01T01:00:00+01:00',
};
const close = { operation: 'close', name: 'export', by: 'ada', reason: 'done' };

let table: FakeTable;
const record = async (detail: unknown, eventId = 'e1') =>
  recordEvent(detail, eventId, {
    policy: buildPolicy({ borders: [{ name: 'abroad', cidrs: ['203.0.113.0/24'] }] }),
    register: new ReviewRegister(table.client, 'audit'),
    audit: table.audit,
    now: () => now,
  });

beforeEach(() => {
  table = new FakeTable();
});

describe('recordEvent', () => {
  it('opens a review once, whoever delivers the event again, and says who and why when it is closed', async () => {
    const opened = await record(open);
    const again = await record(open);
    const closed = await record(close, 'e2');
    const closedAgain = await record(close, 'e2');

    expect(opened).toMatchObject({ opening: { name: 'export', until: '2026-12-01T00:00:00.000Z' }, closing: null });
    expect(again).toEqual(opened);
    expect(closed.closing).toEqual({ by: 'ada', reason: 'done', at: now, eventId: 'e2' });
    expect(closedAgain).toEqual(closed);
    expect(table.items.map(({ pk, sk }) => `${pk} ${sk}`)).toEqual(['reviews export#closed', 'reviews export#opened']);
  });

  it('takes the same terms from another event for what is open already', async () => {
    await record(open);

    await expect(record(open, 'e2')).resolves.toMatchObject({ opening: { eventId: 'e1' } });
  });

  it.each([
    [
      'an unknown border',
      { ...open, border: 'nowhere' },
      'border: must be one of the policy\'s: abroad, got "nowhere"',
    ],
    ['a time that is over', { ...open, until: '2026-11-23T12:00:00Z' }, 'until: must lie ahead'],
    ['a time that is none', { ...open, until: '2026-13-40T12:00:00Z' }, 'until'],
    [
      'two scopes',
      { ...open, scope: { service: 'shop', profile: 'trading' } },
      'must be one of service, profile, servers',
    ],
    ['no scope', { ...open, scope: {} }, 'must be one of service, profile, servers'],
    ['an unknown key', { ...open, breakGlass: true }, 'has unknown keys breakGlass'],
    ['another operation', { ...open, operation: 'lift' }, 'operation'],
    ['a name that could be two keys', { ...open, name: 'export#closed' }, 'name'],
    ['the end of a review that never was', close, 'must be a review that was opened'],
    ['nothing', undefined, 'Compliance review is not valid'],
  ])('refuses %s, records it, and opens and closes nothing', async (_words, detail, words) => {
    await expect(record(detail)).rejects.toMatchObject({
      name: 'SignalRejectedError',
      message: expect.stringContaining(words),
    });

    expect(table.items).toHaveLength(1);
    expect(table.items[0]).toMatchObject({
      pk: expect.stringMatching(/^rejected#/),
      failure: { cause: expect.stringContaining(words) },
    });
  });

  it.each([
    ['other terms under a name that is open', { ...open, owner: 'somebody else' }],
    ['an open review that is closed already', close],
  ])('refuses %s', async (_words, detail) => {
    await record(open);
    if (detail === close) await record(close, 'e2');

    await expect(record(detail, 'e3')).rejects.toThrow(/must be/);
  });

  it('never opens a closed review again', async () => {
    await record(open);
    await record(close, 'e2');

    await expect(record(open, 'e3')).rejects.toThrow('must be a new one: this review is closed');
  });
});
