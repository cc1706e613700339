import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import { readFixture, withValue } from '../builders/events.ts';
import type { Desk } from './desk.ts';
import { openReviewDesk, ours, prefixList, theirs, until } from './review-desk.ts';
import type { ReviewDesk } from './review-desk.ts';

let reviews: ReviewDesk;
let desk: Desk;

beforeAll(async () => {
  reviews = await openReviewDesk();
  ({ desk } = reviews);
});

afterAll(async () => await desk.stop());

const open = (name: string, over: Readonly<Record<string, string>> = {}) =>
  Object.entries({ border: 'abroad', owner: 'legal', until, reason: 'audit', ...over }).reduce(
    (args, [option, value]) => [...args, `--${option}`, value],
    ['review', 'open', name, '--scope', 'service=ledger'],
  );

const whole = { customers: 3, archive: 4, mirror: 2, custody: 2 };
const locked = { customers: 3, archive: 0, mirror: 0, custody: 2 };
/** Where custody is not golden. */
const allLocked = { ...locked, custody: 0 };
const ledger = { [tagKeys.service]: 'ledger' };

describe('a compliance review', () => {
  it('locks the border, finds servers that are new in scope, and closing it restores exactly', async () => {
    const [first, stranger] = [await reviews.raise(ledger), await reviews.raise({})];
    const before = desk.lab.networkOf(first);

    const opened = await desk.fuse(...open('export'));
    const shown = await desk.fuse('review', 'list', '--json');
    const late = await reviews.raise(ledger);
    const lateBefore = desk.lab.networkOf(late);
    await reviews.start(late);
    await reviews.start(late);
    const all = await reviews.standings('export');
    const during = [await reviews.connected(first), await reviews.connected(late), await reviews.connected(stranger)];
    const network = [desk.lab.networkOf(first) === before, desk.lab.networkOf(late) === lateBefore];
    const starts = (await desk.lab.audit.listIncidentsOf(late)).length;
    const closed = await desk.fuse('review', 'close', 'export', '--reason', 'done');

    expect(opened).toMatchObject({ status: 0, stdout: expect.stringContaining('export open until 2099') });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      name: 'export',
      state: 'open',
      servers: [{ server: first, state: 'locked' }],
    });
    expect(all).toEqual({ [first]: 'locked', [late]: 'locked' });
    expect({ during, network, starts }).toEqual({
      during: [locked, locked, whole],
      network: [false, false],
      starts: 1,
    });
    expect(closed).toMatchObject({ status: 0, stdout: expect.stringContaining('closed by') });
    expect([desk.lab.networkOf(first), desk.lab.networkOf(late)]).toEqual([before, lateBefore]);
    expect(await reviews.reconnected(first)).toEqual(whole);
    expect(await desk.lab.audit.listCuts()).toEqual([]);
  });

  it('R0: holds a lifeline open, locks nothing of it, and asks no second time', async () => {
    const lifeline = await reviews.raise({ [tagKeys.lifeline]: 'clearing' });
    const before = desk.lab.networkOf(lifeline);

    await reviews.open('lifelines', lifeline);
    await desk.passTime(5);
    const shown = await reviews.standings('lifelines');
    const starts = (await desk.lab.audit.listIncidentsOf(lifeline)).length;
    await reviews.close('lifelines');

    expect({ shown, starts }).toEqual({ shown: { [lifeline]: 'held-open' }, starts: 1 });
    expect(await reviews.connected(lifeline)).toEqual(whole);
    expect(desk.lab.networkOf(lifeline)).toBe(before);
  });

  it('lets go of its own lock only where two reviews lock one server', async () => {
    const server = await reviews.raise({});
    const before = desk.lab.networkOf(server);
    await reviews.open('one', server);
    await reviews.open('two', server, { border: 'far-abroad' });

    await reviews.close('one');
    await desk.lab.world.reconnect(server);
    const under = { connected: await reviews.connected(server), standing: await reviews.standings('two') };
    // Once the first is seen to be over, the second takes away the rules that both had locked.
    const shared = desk.lab.networkOf(server);
    await desk.passTime(15);
    const again = desk.lab.networkOf(server);
    await reviews.close('two');
    await desk.passTime(15);

    expect(under).toEqual({ connected: allLocked, standing: { [server]: 'locked' } });
    expect(again).not.toBe(shared);
    expect(desk.lab.networkOf(server)).toBe(before);
    expect(await reviews.reconnected(server)).toEqual(whole);
    expect((await reviews.register.find('two'))?.unlockedAt).not.toBeNull();
  });

  it('stands below a cut for security: closing it while that stands opens nothing', async () => {
    const server = await reviews.raise(ledger);
    const before = desk.lab.networkOf(server);
    await reviews.open('below', server);
    const trip = await desk.trip([server], { breakGlass: true });
    const cut = await reviews.connected(server);

    await reviews.close('below');
    await desk.lab.world.reconnect(server);
    const closed = await reviews.connected(server);
    await reviews.restore({ incidentId: trip.incidentId });

    expect(trip.outcome).toBe('contained');
    expect(cut).toEqual({ customers: 0, archive: 0, mirror: 0, custody: 2 });
    expect(closed).toEqual(cut);
    expect(desk.lab.networkOf(server)).toBe(before);
    expect(await reviews.reconnected(server)).toEqual(whole);
  });

  it.each(['before', 'after'])('stays when a cut that was made %s it is put back', async (order) => {
    const server = await reviews.raise({});
    const before = desk.lab.networkOf(server);
    const review = `stays-${order}`;
    if (order === 'after') await reviews.open(review, server);
    const trip = await desk.trip([server], { breakGlass: true });
    if (order === 'before') await reviews.open(review, server);

    await reviews.restore({ incidentId: trip.incidentId });
    await desk.lab.world.reconnect(server);
    const restored = await reviews.connected(server);
    await reviews.close(review);

    expect(restored).toEqual(allLocked);
    expect(desk.lab.networkOf(server)).toBe(before);
    expect(await reviews.reconnected(server)).toEqual(whole);
  });

  it('is not called locked where the host could not be reached, ends red, and is locked by the clock', async () => {
    const server = await reviews.raise({});
    desk.lab.aws.ssm.setAgent(server, 'lost');
    await reviews.open('lost', server);
    const shown = await reviews.standings('lost');
    const [incidentId = ''] = await desk.lab.audit.listIncidentsOf(server);
    const closing = await desk.find(incidentId, 'closed#01');

    desk.lab.aws.ssm.setAgent(server, 'online');
    await desk.passTime(5);
    const later = await reviews.standings('lost');
    await reviews.close('lost');

    expect(shown).toEqual({ [server]: 'partly' });
    expect(closing).toMatchObject({ outcome: 'partly-contained' });
    expect(later).toEqual({ [server]: 'locked' });
  });

  it('is locked again where somebody lifted a lock while it is open', async () => {
    const server = await reviews.raise({});
    await reviews.open('lifted', server);
    await reviews.restore({ server });
    const lifted = await reviews.standings('lifted');

    await desk.passTime(5);
    const again = await reviews.standings('lifted');
    await reviews.close('lifted');

    expect([lifted, again]).toEqual([{ [server]: 'lifted' }, { [server]: 'locked' }]);
  });

  it('locks what a prefix list gains, and an address that a finding places beyond the border', async () => {
    const server = await reviews.raise({});
    await reviews.open('grows', server);
    const finding = withValue(
      readFixture('guardduty-port-probe'),
      'detail.resource.instanceDetails.instanceId',
      server,
    );
    const prober = { ipAddressV4: '192.0.2.77', country: { countryName: 'Sweden' } };
    const probes = [{ localPortDetails: { port: 22 }, remoteIpDetails: prober }];

    await reviews.emit(withValue(finding, 'detail.service.action.portProbeAction.portProbeDetails', probes));
    desk.lab.aws.ec2.addPrefixList(prefixList, [theirs, '198.18.9.0/24']);
    await desk.passTime(5);
    const peers = await reviews.lockedPeers('grows');
    const shown = await reviews.standings('grows');
    await reviews.close('grows');
    desk.lab.aws.ec2.addPrefixList(prefixList, [theirs]);

    expect(peers).toEqual([[theirs, ours], ['192.0.2.77'], ['198.18.9.0/24']]);
    expect(shown).toEqual({ [server]: 'locked' });
  });

  it('plans in shadow mode, is refused when the fuse is off, and locks once it is armed', async () => {
    const server = await reviews.raise({});
    const before = desk.lab.networkOf(server);
    const seen: Record<string, string>[] = [];
    await desk.lab.setMode('shadow');
    await reviews.open('modes', server);
    seen.push(await reviews.standings('modes'));
    await desk.passTime(5);
    const starts = (await desk.lab.audit.listIncidentsOf(server)).length;
    const untouched = desk.lab.networkOf(server) === before;
    for (const mode of ['off', 'armed'] as const) {
      await desk.lab.setMode(mode);
      await desk.passTime(5);
      seen.push(await reviews.standings('modes'));
    }
    await reviews.close('modes');

    expect({ starts, untouched }).toEqual({ starts: 1, untouched: true });
    expect(seen.map((each) => each[server])).toEqual(['planned', 'planned', 'locked']);
  });

  it('ends by itself at its time, and says so', async () => {
    const server = await reviews.raise({});
    const before = desk.lab.networkOf(server);
    const soon = reviews.now(7);
    await reviews.open('short', server, { until: soon });
    const held = await reviews.standings('short');

    await desk.passTime(15);

    expect(held).toEqual({ [server]: 'locked' });
    expect(desk.lab.networkOf(server)).toBe(before);
    expect(await reviews.register.find('short')).toMatchObject({
      unlockedAt: expect.any(String),
      closing: { by: 'connection-fuse', reason: expect.stringContaining('Its time was over') },
    });
  });

  it.each([
    ['a border that the policy does not have', open('x', { border: 'nowhere' }), 'must be one of'],
    ['a name that was used', open('export'), 'must be a new one'],
    ['a time that is over', open('y', { until: '2001-01-01T00:00Z' }), 'must lie ahead'],
    [
      'the end of a review that never was',
      ['review', 'close', 'never', '--reason', 'x'],
      'must be a review that was opened',
    ],
    ['two scopes', [...open('z'), '--scope', 'profile=trading'], 'one scope'],
  ])('refuses %s, in words', async (_words, args, words) => {
    const { status, stderr } = await desk.fuse(...args);

    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(words) });
  });
});
