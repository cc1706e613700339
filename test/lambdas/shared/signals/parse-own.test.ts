import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../../../lambdas/shared/signals/parse-event.ts';
import { readFixture, withValue } from '../../../builders/events.ts';

const home = { accountId: '123456789012', region: 'us-east-1', receivedAt: '2026-05-06T07:08:09.000Z' };

function signalOf(event: unknown) {
  const parsed = parseEvent(event, home);
  if (parsed.kind !== 'signal') throw new Error(`Expected a signal, got ignored: ${parsed.reason}`);
  return parsed.signal;
}

describe('parseEvent of a host sensor signal', () => {
  it('reads it with its value in the unit of the limit', () => {
    expect(signalOf(readFixture('sensor-clock-offset'))).toMatchObject({
      source: 'host-sensor',
      kind: 'clock-offset',
      identity: expect.stringMatching(
        /^connection-fuse\.sensor:123456789012:us-east-1:i-0b0c0d0e0f00000d1:clock-2026-05-06T07:08:[0-9a-f]{16}$/,
      ),
      servers: ['i-0b0c0d0e0f00000d1'],
      measure: { value: -800, limit: null, unit: 'ms', seconds: 30 },
      occurredAt: '2026-05-06T07:08:00.000Z',
    });
  });

  it('reads a signal that is not measured', () => {
    const changes = {
      kind: 'night-login',
      value: undefined,
      unit: undefined,
      remoteAddresses: ['203.0.113.9', '203.0.113.9'],
    };
    const event = Object.entries(changes).reduce(
      (changed, [key, value]) => withValue(changed, `detail.${key}`, value),
      readFixture('sensor-clock-offset'),
    );

    expect(signalOf(event)).toMatchObject({ kind: 'night-login', measure: null, remoteAddresses: ['203.0.113.9'] });
  });

  it('writes mapped addresses as IPv4 and keeps what no host can be given for a person', () => {
    const remoteAddresses = ['::ffff:203.0.113.7', '203.0.113.7', '0.0.0.0'];
    const event = withValue(readFixture('sensor-clock-offset'), 'detail.remoteAddresses', remoteAddresses);

    expect(signalOf(event).remoteAddresses).toEqual(['203.0.113.7', '0.0.0.0']);
  });

  it('takes several servers as one signal, in the place of one', () => {
    const unmeasured = withValue(
      withValue(readFixture('sensor-clock-offset'), 'detail.value', undefined),
      'detail.unit',
      undefined,
    );
    const conflict = withValue(unmeasured, 'detail.kind', 'time-zone-conflict');
    const several = withValue(withValue(conflict, 'detail.instanceId', undefined), 'detail.instanceIds', [
      'i-2',
      'i-1',
      'i-2',
    ]);

    expect(signalOf(several)).toMatchObject({ kind: 'time-zone-conflict', servers: ['i-2', 'i-1'] });
    expect(signalOf(several).identity).toBe(
      signalOf(withValue(several, 'detail.instanceIds', ['i-1', 'i-2'])).identity,
    );
    expect(signalOf(several).identity).not.toBe(signalOf(withValue(several, 'detail.instanceIds', ['i-1'])).identity);
    expect(() => parseEvent(withValue(several, 'detail.instanceId', 'i-1'))).toThrow('instanceIds in its place');
  });

  it.each([
    ['instanceId', undefined, 'detail.instanceId: must be given, or instanceIds in its place, got nothing'],
    ['instanceIds', ['i-1'], 'detail.instanceId: must be given, or instanceIds in its place'],
    ['instanceIds', [], 'instanceIds: must be at least 1'],
    ['value', undefined, 'detail.value: must be given for kind "clock-offset", got nothing'],
    ['unit', 'minutes', 'detail.unit: must be one of ms, s, us, ns, got "minutes"'],
    ['unit', 'toString', 'detail.unit: must be one of ms, s, us, ns, got "toString"'],
    ['kind', 'bad-mood', 'kind: must be one of ransomware'],
    ['instanceId', 'server-1', 'instanceId: must have the form'],
    ['observedAt', 'now', 'detail.observedAt: must be a time, got "now"'],
    ['signalId', '', 'signalId: must be at least 1'],
    ['remoteAddresses', ['10.0.0.0/8'], 'remoteAddresses.0: must be an IP address'],
    ['surprise', true, 'has unknown keys surprise'],
  ])('refuses %s = %j', (key, value, message) => {
    const event = withValue(readFixture('sensor-clock-offset'), `detail.${key}`, value);

    expect(() => parseEvent(event)).toThrow(message);
    expect(() => parseEvent(event)).toThrow(expect.objectContaining({ name: 'SignalRejectedError' }));
  });
});

describe('the identity of an event of our own', () => {
  const manual = { ...readFixture('manual-trip'), servers: ['i-1', 'i-2'] };
  const listed = { ...manual, peers: ['10.0.0.1', '10.0.0.2'] };
  const sensor = readFixture('sensor-clock-offset');
  const login = ['value', 'unit', 'seconds'].reduce(
    (event, key) => withValue(event, `detail.${key}`, undefined),
    withValue(withValue(sensor, 'detail.kind', 'night-login'), 'detail.remoteAddresses', ['203.0.113.9']),
  );

  it.each([
    ['other servers', manual, { ...manual, servers: ['i-3'] }],
    ['one server more', manual, { ...manual, servers: ['i-1', 'i-2', 'i-3'] }],
    ['another kind', manual, { ...manual, kind: 'crypto-mining' }],
    ['peers', manual, { ...manual, peers: ['10.0.0.1'] }],
    ['other peers', listed, { ...listed, peers: ['10.0.0.1', '10.0.0.3'] }],
    ['ports', manual, { ...manual, ports: [443] }],
    ['broken glass', manual, { ...manual, breakGlass: true }],
    ['an end by itself', manual, { ...manual, expiresInMinutes: 30 }],
    ['another end', { ...manual, expiresInMinutes: 60 }, { ...manual, expiresInMinutes: 30 }],
    ['another request', manual, { ...manual, requestId: 'ticket-4712' }],
    ['another value of a sensor', sensor, withValue(sensor, 'detail.value', -0.000_1)],
    ['another kind of a sensor', login, withValue(login, 'detail.kind', 'zombie-connections')],
    ['other addresses of a sensor', login, withValue(login, 'detail.remoteAddresses', ['203.0.113.10'])],
    ['ports of a sensor', login, withValue(login, 'detail.ports', [443])],
  ])('differs by %s', (_title, event, changed) => {
    expect(signalOf(changed).identity).not.toBe(signalOf(event).identity);
  });

  it.each([
    ['the order of servers', manual, { ...manual, servers: ['i-2', 'i-1', 'i-2'] }],
    ['the order of peers', listed, { ...listed, peers: ['10.0.0.2', '::ffff:10.0.0.1'] }],
    ['the words of the reason', manual, { ...manual, reason: 'The same, said again' }],
    ['the time a sensor sends again', sensor, withValue(sensor, 'detail.observedAt', '2026-05-06T07:09:00Z')],
    ['the unit a sensor writes', sensor, withValue(withValue(sensor, 'detail.value', -800), 'detail.unit', 'ms')],
  ])('does not differ by %s', (_title, event, changed) => {
    expect(signalOf(changed).identity).toBe(signalOf(event).identity);
  });
});

describe('parseEvent of a manual start', () => {
  it('takes account, region and time from where it arrives', () => {
    expect(signalOf(readFixture('manual-trip'))).toMatchObject({
      source: 'manual',
      kind: 'other-threat',
      identity: expect.stringMatching(/^manual:ticket-4711:[0-9a-f]{16}$/),
      accountId: '123456789012',
      region: 'us-east-1',
      servers: ['i-0b0c0d0e0f00000a1'],
      occurredAt: '2026-05-06T07:08:09.000Z',
      requestedBy: 'night shift',
      reason: 'Unknown logins on the desk server',
    });
  });

  it.each([
    ['requestedBy', undefined, 'requestedBy: must be string'],
    ['reason', '', 'reason: must be at least 1'],
    ['servers', [], 'servers: must be at least 1'],
    ['servers', ['desk-1'], 'servers.0: must have the form'],
    ['kind', 'everything', 'kind: must be one of'],
    ['requestId', undefined, 'requestId: must be string'],
    ['fuse', 'reset', 'fuse: must be one of trip, got "reset"'],
    ['peers', ['10.0.0.0/33'], 'peers.0: must be an address or range that the firewall of a host takes'],
    ['peers', [], 'peers: must be at least 1'],
    ['ports', [0], 'ports.0: must be at least 1'],
    ['peer', ['10.0.0.1'], 'has unknown keys peer'],
    ['breakGlass', false, 'breakGlass: must be one of true, got false'],
    ['breakGlass', 'true', 'breakGlass: must be one of true, got "true"'],
    ['expiresInMinutes', 0, 'expiresInMinutes: must be at least 1'],
    ['expiresInMinutes', 10_081, 'expiresInMinutes: must be at most 10080'],
    ['expiresInMinutes', 1.5, 'expiresInMinutes: must be'],
  ])('refuses %s = %j', (key, value, message) => {
    const event = withValue(readFixture('manual-trip'), key, value);

    expect(() => parseEvent(event)).toThrow(message);
    expect(() => parseEvent(event)).toThrow(expect.objectContaining({ name: 'SignalRejectedError' }));
  });

  it('reads that the glass is broken and when the cut is to end, and says nothing of either otherwise', () => {
    const event = readFixture('manual-trip');

    expect(signalOf({ ...event, breakGlass: true, expiresInMinutes: 90 })).toMatchObject({
      breakGlass: true,
      expiresInMinutes: 90,
    });
    expect(signalOf(event)).not.toHaveProperty('breakGlass');
    expect(signalOf(event)).not.toHaveProperty('expiresInMinutes');
    // As it was before either could be given: the incidents on record keep their ids.
    expect(signalOf(event).identity).toBe('manual:ticket-4711:f0bf82717f7e22e4');
  });

  it('refuses peers and ports together: a cut has one shape', () => {
    const event = { ...readFixture('manual-trip'), peers: ['203.0.113.9'], ports: [443] };

    expect(() => parseEvent(event)).toThrow('ports: must be left out where peers are given, got [443]');
  });

  it.each(['ransomware', 'lateral-movement'])('refuses to cut less than all of %s, which spreads', (kind) => {
    const event = { ...readFixture('manual-trip'), kind, ports: [443] };

    expect(() => parseEvent(event)).toThrow(`what spreads is cut whole, got "${kind}"`);
  });

  it('writes mapped peers as IPv4, each once', () => {
    const event = { ...readFixture('manual-trip'), peers: ['::ffff:10.0.0.0/104', '10.0.0.0/8', '2001:db8::1'] };

    expect(signalOf(event).remoteAddresses).toEqual(['10.0.0.0/8', '2001:db8::1']);
  });

  it.each(['0.0.0.0', '0.0.0.0/8', '::1', '64:ff9b::/96', '2000::/3', '10.0.0.0/0'])(
    'refuses the peer %s, which no host can be given',
    (peer) => {
      const event = { ...readFixture('manual-trip'), peers: ['10.0.0.1', peer] };

      expect(() => parseEvent(event)).toThrow(`peers.1: must be an address or range that the firewall of a host takes`);
    },
  );
});
