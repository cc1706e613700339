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
      identity: 'connection-fuse.sensor:123456789012:us-east-1:i-0b0c0d0e0f00000d1:clock-2026-05-06T07:08',
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

  it.each([
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

describe('parseEvent of a manual start', () => {
  it('takes account, region and time from where it arrives', () => {
    expect(signalOf(readFixture('manual-trip'))).toMatchObject({
      source: 'manual',
      kind: 'other-threat',
      identity: 'manual:ticket-4711',
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
    ['peers', ['10.0.0.0/33'], 'peers.0: must be an IP address or CIDR'],
    ['peers', [], 'peers: must be at least 1'],
    ['ports', [0], 'ports.0: must be at least 1'],
    ['peer', ['10.0.0.1'], 'has unknown keys peer'],
  ])('refuses %s = %j', (key, value, message) => {
    const event = withValue(readFixture('manual-trip'), key, value);

    expect(() => parseEvent(event)).toThrow(message);
    expect(() => parseEvent(event)).toThrow(expect.objectContaining({ name: 'SignalRejectedError' }));
  });

  it('refuses peers and ports together: a cut has one shape', () => {
    const event = { ...readFixture('manual-trip'), peers: ['203.0.113.9'], ports: [443] };

    expect(() => parseEvent(event)).toThrow('ports: must be left out where peers are given, got [443]');
  });

  it('refuses to cut less than all of what spreads', () => {
    const event = { ...readFixture('manual-trip'), kind: 'ransomware', ports: [443] };

    expect(() => parseEvent(event)).toThrow('what spreads is cut whole, got "ransomware"');
  });
});
