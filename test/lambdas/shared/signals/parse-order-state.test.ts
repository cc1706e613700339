import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../../../lambdas/shared/signals/parse-event.ts';
import { readFixture, withValue, type JsonObject } from '../../../builders/events.ts';

const event = readFixture('order-state');
const change = (key: string, value: unknown): JsonObject => withValue(event, `detail.${key}`, value);

function signalOf(one: unknown) {
  const parsed = parseEvent(one);
  if (parsed.kind !== 'signal') throw new Error(`Expected a signal, got ignored: ${parsed.reason}`);
  return parsed.signal;
}

describe('parseEvent of an order state', () => {
  it('reads an order that goes backwards as a red line, with the client that wrote it', () => {
    expect(signalOf(event)).toMatchObject({
      source: 'host-sensor',
      kind: 'order-state-backwards',
      identity: expect.stringMatching(
        /^connection-fuse\.application:123456789012:us-east-1:[0-9a-f]{16}:[0-9a-f]{16}$/,
      ) as string,
      name: 'Order 4711, delivered to in transit, by orders/order-import/importer',
      servers: ['i-0b0c0d0e0f00000d2'],
      remoteAddresses: ['10.0.7.130'],
      localPorts: [],
      measure: null,
      occurredAt: '2026-05-06T07:08:00.000Z',
    });
  });

  it.each([
    [undefined, 'Order 4711, delivered to in transit, by orders'],
    [{ user: 'order-import' }, 'Order 4711, delivered to in transit, by orders/order-import'],
  ])('names no address where the client is %j', (client, name) => {
    expect(signalOf(change('client', client))).toMatchObject({ name, remoteAddresses: [] });
  });

  it('compares states by their order, never by a clock', () => {
    expect(signalOf(change('at', '1999-01-01T00:00:00Z')).kind).toBe('order-state-backwards');
    expect(parseEvent(change('states', ['delivered', 'in transit'])).kind).toBe('ignored');
  });

  it.each(['delivered', 'in transit'])(
    'ignores an order that went from in transit to %s, with the reason',
    (toState) => {
      const forward = withValue(change('fromState', 'in transit'), 'detail.toState', toState);

      expect(parseEvent(forward)).toEqual({
        kind: 'ignored',
        reason: 'The state of the order does not go backwards',
        name: `Order 4711, in transit to ${toState}, by orders/order-import/importer`,
      });
    },
  );

  it.each([
    [
      'toState',
      'lost',
      'detail.toState: must be one of detail.states: created, packed, in transit, delivered, got "lost"',
    ],
    ['fromState', 'Delivered', 'detail.fromState: must be one of detail.states'],
    ['states', ['a', 'b', 'a'], 'detail.states: must name each state once'],
    ['states', ['delivered'], 'states: must be at least 2'],
    ['servers', [], 'servers: must be at least 1'],
    ['servers', ['db-1'], 'servers.0: must have the form'],
    ['servers', undefined, 'servers: must be array, got nothing'],
    ['order', '', 'order: must be at least 1'],
    ['at', 'yesterday', 'detail.at: must be a time, got "yesterday"'],
    ['client.address', '10.0.7.0/24', 'client.address: must be an IP address'],
    ['client.password', 'x', 'client: has unknown keys password'],
    ['surprise', true, 'has unknown keys surprise'],
  ])('refuses %s = %j', (key, value, message) => {
    expect(() => parseEvent(change(key, value))).toThrow(message);
    expect(() => parseEvent(change(key, value))).toThrow(expect.objectContaining({ name: 'SignalRejectedError' }));
  });

  it('is no word of a host sensor, nor the other way round', () => {
    expect(() => parseEvent({ ...event, source: 'connection-fuse.sensor' })).toThrow('must be a known event type');
    expect(() => parseEvent({ ...event, 'detail-type': 'Host Sensor Signal' })).toThrow('must be a known event type');
  });
});

describe('the identity of an order state', () => {
  it.each([
    ['another order', 'order', '4712'],
    ['another change', 'toState', 'packed'],
    ['another moment', 'at', '2026-05-06T16:08:01+09:00'],
    ['another client', 'client.address', '10.0.7.131'],
    ['another server', 'servers', ['i-1']],
  ])('differs by %s', (_title, key, value) => {
    expect(signalOf(change(key, value)).identity).not.toBe(signalOf(event).identity);
  });

  it.each([
    ['the way a time is written', 'at', '2026-05-06T07:08:00Z'],
    ['what only a person reads', 'database', 'orders-eu'],
    ['a state in between', 'states', ['created', 'packed', 'in transit', 'at the door', 'delivered']],
  ])('does not differ by %s', (_title, key, value) => {
    expect(signalOf(change(key, value)).identity).toBe(signalOf(event).identity);
  });
});
