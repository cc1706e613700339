import { describe, expect, it } from 'vitest';
import { answerSignal } from '../../../../lambdas/shared/answers/answer-signal.ts';
import type { Cohort } from '../../../../lambdas/shared/contracts/incident.ts';
import type { Signal } from '../../../../lambdas/shared/contracts/signal.ts';
import { receivedAt } from '../../../builders/action-request.ts';
import { buildException, buildPolicy } from '../../../builders/policy.ts';
import { buildDescription, fuseTags } from '../../../builders/server.ts';
import { buildManualSignal, buildSignal, ownAccount } from '../../../builders/signal.ts';

/** The cohorts of servers with these tags under a policy of these sections; none of them is a server without tags. */
function cohortsOf(
  signal: Signal,
  sections: Readonly<Record<string, unknown>> = {},
  tags: readonly Readonly<Record<string, string>>[] = [{}],
): Cohort[] {
  const servers = tags.map((_, index) => (index === 0 ? 'i-0b0c0d0e0f00000a1' : `i-${index}`));
  const descriptions = servers.map((id, index) => buildDescription({ id, tags: fuseTags(tags[index] ?? {}) }));
  const policy = buildPolicy(sections);
  return answerSignal({ ...signal, servers }, { policy, descriptions, accountId: ownAccount, receivedAt, doubts: [] });
}

const sensor = (over: Partial<Signal>) =>
  buildSignal({ source: 'host-sensor', severity: null, remoteAddresses: [], localPorts: [], ...over });

describe('the shape of a cut', () => {
  it.each([
    ['abnormal-orders', 'trading', { scope: 'ports', ports: [8080] }],
    ['unauthorised-access', 'medical', { scope: 'server' }],
    ['order-state-backwards', 'logistics', { scope: 'ports', ports: [5432] }],
    ['zombie-connections', 'surveillance', { scope: 'ports', ports: [80, 443] }],
  ] as const)('is that of the profile for %s on %s', (kind, profile, cut) => {
    expect(cohortsOf(sensor({ kind }), {}, [{ profile }])).toMatchObject([{ byProfile: true, cut }]);
    // A person who reports the red line gets the same.
    expect(cohortsOf(buildManualSignal({ kind }), {}, [{ profile }])).toMatchObject([{ byProfile: true, cut }]);
  });

  it.each([
    ['abnormal-orders', 'trading', { trading: { ports: [9001, 9002] } }, [9001, 9002]],
    ['unauthorised-access', 'medical', { medical: { ports: [6002] } }, [6002]],
    ['order-state-backwards', 'logistics', { logistics: { engine: 'oracle' } }, [1521]],
    ['zombie-connections', 'surveillance', { surveillance: { ports: [8443] } }, [8443]],
  ] as const)('takes the ports of %s on %s from the policy', (kind, profile, profiles, ports) => {
    expect(cohortsOf(sensor({ kind }), { profiles }, [{ profile }])).toMatchObject([
      { byProfile: true, cut: { scope: 'ports', ports } },
    ]);
  });

  it('cuts no camera for a login whose address is not named, but whom the server noted', () => {
    const signals = [sensor({ kind: 'night-login' }), buildManualSignal({ kind: 'night-login' })];

    for (const signal of signals) {
      expect(cohortsOf(signal, {}, [{ profile: 'surveillance' }])).toMatchObject([
        { byProfile: true, cut: { scope: 'peers', peers: [], from: 'night-logins' }, handOver: null },
      ]);
    }
  });

  it('takes the device port from the signal before the policy', () => {
    const signal = sensor({ kind: 'unauthorised-access', localPorts: [7000] });

    expect(cohortsOf(signal, { profiles: { medical: { ports: [6002] } } }, [{ profile: 'medical' }])).toMatchObject([
      { cut: { scope: 'ports', ports: [7000] } },
    ]);
  });

  it.each([
    ['a threat on a server of a profile', buildSignal(), 'trading'],
    ['a manual start of a threat', buildManualSignal(), 'medical'],
    ['a red line of another profile', sensor({ kind: 'abnormal-orders' }), 'medical'],
  ])('is not that of the profile for %s', (_title, signal, profile) => {
    expect(cohortsOf(signal, {}, [{ profile }])).toMatchObject([{ byProfile: false }]);
  });
});

describe('the time a cut may last', () => {
  const expiry = { serverMinutes: 240, portMinutes: 90, peerMinutes: 30 };

  it.each([
    ['a server', buildSignal(), '2026-05-06T11:05:31.000Z'],
    ['ports', buildManualSignal({ localPorts: [443] }), '2026-05-06T08:35:31.000Z'],
    ['peers', buildSignal({ kind: 'brute-force', role: 'target' }), '2026-05-06T07:35:31.000Z'],
    ['what is not cut', buildSignal({ kind: 'port-probe' }), null],
    ['as long as a person says', buildManualSignal({ expiresInMinutes: 5 }), '2026-05-06T07:10:31.000Z'],
  ])('goes by its scope: %s', (_title, signal, expiresAt) => {
    expect(cohortsOf(signal, { expiry })).toMatchObject([{ expiresAt }]);
  });

  it('has no end by itself unless the policy or a person says so', () => {
    expect(cohortsOf(buildSignal())).toMatchObject([{ expiresAt: null }]);
    expect(cohortsOf(buildManualSignal({ expiresInMinutes: 5 }))).toMatchObject([
      { expiresAt: '2026-05-06T07:10:31.000Z' },
    ]);
  });

  it('begins after the wait for a person', () => {
    const sections = { expiry, exceptions: [buildException()], approvals: { timeoutMinutes: 60, onTimeout: 'cut' } };

    expect(cohortsOf(buildSignal(), sections)).toMatchObject([
      {
        approval: {
          reason: expect.stringContaining('Exception "scan"'),
          timeoutSeconds: 3600,
          remindAfterSeconds: 1800,
          onTimeout: 'cut',
        },
        expiresAt: '2026-05-06T12:05:31.000Z',
      },
    ]);
  });
});

describe('cohorts under an exception', () => {
  it('parts the servers that somebody vouches for from their like', () => {
    const cohorts = cohortsOf(buildSignal(), { exceptions: [buildException()] }, [{}, {}, {}]);

    expect(cohorts.map(({ servers, approval }) => [servers.length, approval !== null])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  it('asks nobody where the flowchart would not cut', () => {
    // Core business that does not spread is failed over.
    expect(cohortsOf(buildSignal(), { exceptions: [buildException()] }, [{ service: 'matching' }])).toMatchObject([
      { answers: { coreBusiness: true, securityRisk: true }, approval: null },
    ]);
  });
});

describe('the subnets of a cohort', () => {
  const hintsUnder = (networkMeans: string) => {
    const descriptions = ['subnet-b', 'subnet-a', 'subnet-b'].map((subnet, index) =>
      buildDescription({ id: `i-${index}`, subnets: [subnet] }),
    );
    const signal = { ...buildSignal(), servers: descriptions.map(({ id }) => id) };
    const policy = buildPolicy({ fleet: { networkMeans } });
    return answerSignal(signal, { policy, descriptions, accountId: ownAccount, receivedAt, doubts: [] }).map(
      ({ subnetHints }) => subnetHints,
    );
  };

  it.each([
    ['interfaces', undefined],
    ['subnets', ['subnet-a', 'subnet-b']],
    ['fastest', ['subnet-a', 'subnet-b']],
  ])('are told each once where the means is %s', (networkMeans, hints) => {
    expect(hintsUnder(networkMeans)).toEqual([hints]);
  });

  it('are none of a server that nobody knows', () => {
    const policy = buildPolicy({ fleet: { networkMeans: 'subnets' } });
    const unknown = { policy, descriptions: [], accountId: ownAccount, receivedAt, doubts: [] };

    expect(answerSignal(buildSignal(), unknown)).toMatchObject([{ subnetHints: [] }]);
  });
});

describe('the question that a missing standby asks', () => {
  const of = (service: Readonly<Record<string, unknown>>, signal = buildSignal()) =>
    cohortsOf(
      signal,
      {
        services: [
          { name: 'other', coreBusiness: false },
          { name: 'orders', coreBusiness: false, ...service },
        ],
      },
      [{ service: 'orders' }],
    )[0]?.withoutStandby;

  it('is put before the cut of core business, unless the policy says to cut', () => {
    expect(of({ coreBusiness: true })?.reason).toBe('Service "orders" has no healthy standby: the cut would stop it');
    expect(of({ coreBusiness: true, withoutStandby: 'ask' })).not.toBeNull();
    expect(of({ coreBusiness: true, withoutStandby: 'cut' })).toBeNull();
  });

  it('is put for no other service, and where no threat asks for a cut', () => {
    expect(of({})).toBeNull();
    expect(of({ coreBusiness: true }, buildManualSignal({ kind: 'business-outage' }))).toBeNull();
  });
});
