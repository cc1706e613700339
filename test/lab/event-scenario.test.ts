import { describe, expect, it } from 'vitest';
import { toScenario } from '../../lab/event-scenario.ts';
import { signalKinds } from '../../lambdas/shared/contracts/signal.ts';
import type { Signal } from '../../lambdas/shared/contracts/signal.ts';
import { isRedLine, redLines } from '../../lambdas/shared/answers/red-lines.ts';
import { buildSignal } from '../builders/signal.ts';

const raise = (over: Partial<Signal>) => {
  const servers = ['i-0b0c0d0e0f00000a1'];
  const [server] = toScenario('event', {}, buildSignal({ servers, remoteAddresses: [], ...over })).servers;
  if (server === undefined) throw new Error('No server was raised');
  return server;
};
const profileOf = (over: Partial<Signal>) => raise(over).tags['connection-fuse:profile'];

describe('toScenario', () => {
  it.each(signalKinds.filter(isRedLine))('raises a server of the profile whose red line %s is', (kind) => {
    expect(profileOf({ kind })).toBe(redLines[kind].profile);
  });

  it('raises a general server for everything else', () => {
    const others = signalKinds.filter((kind) => !isRedLine(kind)).map((kind) => raise({ kind }));

    expect(new Set(others.map(({ tags }) => tags['connection-fuse:profile']))).toEqual(new Set(['general']));
    expect(others.every(({ machine }) => machine === undefined)).toBe(true);
  });

  it.each([
    ['clock-offset', { value: -0.8, limit: null, unit: 'ms', seconds: 0 }, -0.8],
    ['time-difference', { value: 7.2, limit: null, unit: 's', seconds: 0 }, 7200],
    ['abnormal-orders', { value: 12, limit: null, unit: 'orders', seconds: 0 }, 0],
    ['clock-offset', null, 0],
  ] as const)('sets the clock as far off as %s with %j says', (kind, measure, offsetMs) => {
    expect(raise({ kind, measure }).machine?.clock).toEqual({ offsetMs, holds: true });
  });

  it('raises what the cut of each scene needs to be seen', () => {
    expect(raise({ kind: 'time-difference' }).machine).toMatchObject({
      platform: 'Windows',
      tasks: [{ active: true }],
    });
    expect(raise({ kind: 'order-state-backwards' }).peers.at(-1)?.session).toMatchObject({ user: 'order-import' });
    expect(raise({ kind: 'zombie-connections' }).peers.at(-1)).toMatchObject({ name: 'dead camera', zombie: true });
    expect(raise({ kind: 'night-login', remoteAddresses: ['203.0.113.99'] }).peers.at(-1)?.address).toBe(
      '203.0.113.99',
    );
    const counted = raise({ kind: 'night-login' });
    expect(counted.machine?.nightLogins).toEqual([counted.peers.at(-1)?.address]);
  });
});
