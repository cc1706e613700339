import { describe, expect, it } from 'vitest';
import {
  killConnectionsOnWindowsParameters,
  killConnectionsParameters,
} from '../../../../../documents/kill-connections.ts';
import type { ActionContext } from '../../../../../lambdas/shared/actions/action.ts';
import { toParameters, toWindowsParameters } from '../../../../../lambdas/shared/actions/kill-connections/plan-kill.ts';
import type { Cohort } from '../../../../../lambdas/shared/contracts/incident.ts';
import type { SignalKind } from '../../../../../lambdas/shared/contracts/signal.ts';
import { buildCohort, buildIncident, receivedAt } from '../../../../builders/action-request.ts';
import { buildPolicy } from '../../../../builders/policy.ts';
import { buildSignal } from '../../../../builders/signal.ts';

const policy = buildPolicy({
  agentPath: { cidrs: ['10.0.255.0/28'] },
  goldenChannels: [
    { name: 'desk', servers: { service: 'shop' }, direction: 'in', peers: ['10.0.9.5/32'], ports: [9100] },
  ],
  profiles: { surveillance: { silentSeconds: 3 } },
});
const later = (minutes: number): string => new Date(Date.parse(receivedAt) + minutes * 60_000).toISOString();

function buildContext(cohort: Partial<Cohort>, kind: SignalKind = 'ransomware'): ActionContext {
  return { incident: buildIncident({ signal: buildSignal({ kind }) }), cohort: buildCohort(cohort), policy };
}

const cameras: Partial<Cohort> = {
  profile: 'surveillance',
  byProfile: true,
  cut: { scope: 'ports', ports: [80, 443] },
};
const devices: Partial<Cohort> = { profile: 'medical', byProfile: true, cut: { scope: 'ports', ports: [6000] } };

describe('toParameters', () => {
  it('chooses zombies alone where dead cameras are reported and none is named', () => {
    expect(toParameters(buildContext(cameras, 'zombie-connections'))).toMatchObject({
      scope: 'ports',
      ports: '80 443',
      only: 'zombies',
      silentSeconds: '3',
    });
  });

  it.each<[string, Partial<Cohort>, SignalKind]>([
    ['a login at night', cameras, 'night-login'],
    ['cameras that are named', { ...cameras, cut: { scope: 'peers', peers: ['203.0.113.8'] } }, 'zombie-connections'],
    ['a server that is isolated', { ...cameras, byProfile: false }, 'zombie-connections'],
  ])('cuts everything in scope for %s', (_case, cohort, kind) => {
    expect(toParameters(buildContext(cohort, kind)).only).toBeUndefined();
  });

  it('has the host read who logged in where only it knows them, as far back as a person was waited for', () => {
    const atHome = buildPolicy({ profiles: { surveillance: { homeCidrs: ['10.0.0.0/8', 'fd00::/8'] } } });
    const cut: Cohort['cut'] = { scope: 'peers', peers: [], from: 'night-logins' };
    const approval = { reason: 'asked', timeoutSeconds: 1800, remindAfterSeconds: 900, onTimeout: 'leave' } as const;
    const ask = (cohort: Partial<Cohort>) => ({ ...buildContext({ ...cameras, cut, ...cohort }), policy: atHome });
    const wanted = { scope: 'peers', peers: '', peersFrom: 'night-logins', homeCidrs: '10.0.0.0/8 fd00::/8' };

    expect(toParameters(ask({}))).toMatchObject({ ...wanted, sinceSeconds: '900' });
    expect(toParameters(ask({ approval }))).toMatchObject({ ...wanted, sinceSeconds: '2700' });
    // Refused there with a reason of its own, before the missing ranges are.
    expect(toWindowsParameters(ask({}))).toMatchObject({ ...wanted, blockRanges: '' });
    const longest = ask({ approval: { ...approval, timeoutSeconds: 86_400 } });
    expect(toParameters(longest).sinceSeconds).toBe('86400');
  });

  it('reads nobody on the host where the signal names an address', () => {
    const named = buildContext({ ...cameras, cut: { scope: 'peers', peers: ['203.0.113.9'] } }, 'night-login');

    expect(toParameters(named).peersFrom).toBeUndefined();
  });

  it.each([
    [null, '0'],
    [later(15), '900'],
    [later(10_080), '604800'],
    [later(20_000), '604800'],
    [later(0), '1'],
  ])('lets the kernel lift a block that expires at %s after %s s', (expiresAt, ttlSeconds) => {
    expect(toParameters(buildContext({ expiresAt })).ttlSeconds).toBe(ttlSeconds);
  });
});

describe('toWindowsParameters', () => {
  it('blocks the rule of a medical server by its ports too, and has it made where it is missing', () => {
    expect(toWindowsParameters(buildContext(devices, 'time-difference'))).toMatchObject({
      ruleName: 'ERM-Device',
      createRule: 'yes',
      blockRanges: expect.stringMatching(/^in@tcp@6000@/),
    });
  });

  it('does not make a rule for ports that nobody knows', () => {
    const whole = buildContext({ ...devices, cut: { scope: 'server' } }, 'time-difference');

    expect(toWindowsParameters(whole)).toMatchObject({ ruleName: 'ERM-Device', createRule: 'no' });
  });

  it('names no rule on a server of another profile, nor on one that is isolated', () => {
    const contexts = [buildContext({}), buildContext({ ...devices, byProfile: false })];

    for (const context of contexts) {
      expect(toWindowsParameters(context)).toMatchObject({ ruleName: '', createRule: 'no' });
    }
  });

  it('leaves golden channels and the path of the agent out of the block', () => {
    const { blockRanges } = toWindowsParameters(buildContext({ goldenChannels: ['desk'] }));

    const tokens = blockRanges.split(' ').map((token) => token.split('@'));
    // The golden peer may dial 9100 and no other port; the agent may do what it likes.
    const ofDesk = tokens.filter(([direction, , , ranges]) => direction === 'in' && ranges === '10.0.9.5');
    expect(ofDesk.map(([, , ports]) => ports)).toEqual(['0-9099,9101-65535']);
    expect(blockRanges).toContain('-10.0.254.255,10.0.255.16-');
  });

  it('never asks for zombies, whose silence Windows does not tell', () => {
    expect(toWindowsParameters(buildContext(cameras, 'zombie-connections')).only).toBeUndefined();
  });

  const fromHost: Partial<Cohort> = { ...cameras, cut: { scope: 'peers', peers: [], from: 'night-logins' } };

  it.each<Partial<Cohort>>([cameras, devices, fromHost, {}, { cut: { scope: 'peers', peers: ['203.0.113.7'] } }])(
    'gives both documents what they take, for %j',
    (cohort) => {
      const context = buildContext(cohort, 'zombie-connections');

      const given = [
        [toParameters(context), killConnectionsParameters],
        [toWindowsParameters(context), killConnectionsOnWindowsParameters],
      ] as const;
      for (const [values, declared] of given) {
        const patterns: Readonly<Record<string, { readonly allowedPattern: string }>> = declared;
        for (const [name, value] of Object.entries(values)) {
          expect(value).toMatch(new RegExp(patterns[name]?.allowedPattern ?? 'undeclared'));
        }
      }
    },
  );
});
