import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cidrListPattern } from '../../../../documents/parameter-patterns.ts';
import { killConnectionsParameters } from '../../../../documents/kill-connections.ts';
import { questions } from '../../../../lambdas/shared/contracts/incident.ts';
import { answer } from '../../../../lambdas/shared/answers/answer.ts';
import { signalKinds, type Signal } from '../../../../lambdas/shared/contracts/signal.ts';
import { receivedAt } from '../../../builders/action-request.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildFacts } from '../../../builders/server.ts';
import { buildSignal } from '../../../builders/signal.ts';

const attacked = (remoteAddresses: string[]) => buildSignal({ kind: 'brute-force', role: 'target', remoteAddresses });

function answerFor(signal: Signal, tags: Readonly<Record<string, string>> = {}) {
  return answer(signal, buildFacts(tags), buildPolicy(), receivedAt);
}

/** The peers of a cut, which must be one by peers. */
function peersOf({ cut }: ReturnType<typeof answerFor>): readonly string[] {
  if (cut.scope !== 'peers') throw new Error(`Expected a cut by peers, got ${cut.scope}`);
  return cut.peers;
}

describe('peers of a cut', () => {
  it.each(['0.0.0.0', '0.1.2.3', '::1', '64:ff9b::cb00:7107', '::203.0.113.7'])(
    'leaves %s to a person and cuts the others',
    (address) => {
      const result = answerFor(attacked(['203.0.113.9', address]));

      expect(result.answers.securityRisk).toBe(true);
      expect(result.cut).toEqual({ scope: 'peers', peers: ['203.0.113.9'] });
      expect(result.handOver).toBe(
        `1 of 2 addresses are not cut: 1 that no firewall of a host can be given, first "${address}"`,
      );
    },
  );

  it('cuts nothing, and asks a person, where no address can be cut', () => {
    const result = answerFor(attacked(['0.0.0.0']));

    expect(result.answers.securityRisk).toBe(false);
    expect(result.cut).toEqual({ scope: 'peers', peers: [] });
    expect(result.evidence.securityRisk).toContain('1 of 1 addresses are not cut');
    expect(result.handOver).toContain('first "0.0.0.0"');
  });

  it('leaves what one command cannot carry to a person', () => {
    const many = Array.from({ length: 1000 }, (_, index) => `203.0.${100 + (index >> 8)}.${index & 255}`);

    const result = answerFor(attacked(many));

    const peers = peersOf(result);
    expect(peers).toEqual(many.slice(0, peers.length));
    const next = many[peers.length];
    expect([...peers, next].join(' ').length).toBeGreaterThan(8192);
    expect(result.handOver).toBe(
      `${1000 - peers.length} of 1000 addresses are not cut: ${1000 - peers.length} more than one command carries, first "${next}"`,
    );
  });

  it('keeps a doubt about the role beside the one about the addresses', () => {
    const signal = buildSignal({ kind: 'brute-force', role: 'unknown', remoteAddresses: ['203.0.113.9', '0.0.0.0'] });

    expect(answerFor(signal).handOver).toMatch(/attacks or is attacked; 1 of 2 addresses/);
  });

  it('never hands the host a list it refuses, and never drops an address without a word', () => {
    const { maxChars } = killConnectionsParameters.peers;

    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 600 }), (addresses) => {
        const result = answerFor(attacked(addresses));

        const peers = peersOf(result);
        expect(peers.join(' ').length).toBeLessThanOrEqual(maxChars);
        expect(peers.join(' ')).toMatch(new RegExp(cidrListPattern));
        expect(result.handOver === null).toBe(peers.length === addresses.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the word of a host sensor', () => {
  const sensor = (over: Partial<Signal>) =>
    buildSignal({ source: 'host-sensor', severity: null, remoteAddresses: [], localPorts: [], ...over });
  const measured: Partial<Record<string, Signal['measure']>> = {
    'clock-offset': { value: 2, limit: null, unit: 'ms', seconds: 0 },
    'time-difference': { value: 6, limit: null, unit: 's', seconds: 0 },
    overload: { value: 95, limit: null, unit: '%', seconds: 300 },
  };

  it('cuts by itself for red lines only', () => {
    const profiles = ['trading', 'medical', 'logistics', 'surveillance', 'general'];

    const cutting = signalKinds.filter((kind) =>
      profiles.some((profile) => {
        const signal = sensor({ kind, measure: measured[kind] ?? null, remoteAddresses: ['203.0.113.9'] });
        return answerFor(signal, { profile }).answers.securityRisk;
      }),
    );

    expect(cutting).toEqual([
      'clock-offset',
      'abnormal-orders',
      'time-difference',
      'unauthorised-access',
      'time-zone-conflict',
      'order-state-backwards',
      'zombie-connections',
      'night-login',
    ]);
  });

  it.each(['ransomware', 'lateral-movement', 'command-and-control', 'brute-force', 'other-threat'] as const)(
    'is not enough to cut for %s: a person is asked',
    (kind) => {
      const signal = sensor({ kind, name: kind, role: 'target', remoteAddresses: ['203.0.113.9'] });

      const { answers, cut, handOver, evidence } = answerFor(signal, { service: 'matching' });

      expect(Object.values(answers)).toEqual(questions.map(() => false));
      expect(cut).toEqual({ scope: 'peers', peers: [] });
      expect(handOver).toMatch(/only a host sensor says so: by itself it may cut for red lines, not for threats$/);
      expect(evidence.securityRisk).toBe(handOver);
    },
  );

  it.each(['overload', 'business-outage'] as const)('still reports %s', (kind) => {
    const signal = sensor({ kind, measure: measured[kind] ?? null });

    const { answers, handOver } = answerFor(signal, { service: 'matching' });

    expect(answers).toMatchObject({ coreBusiness: true, securityRisk: false });
    expect(handOver).toBeNull();
  });

  it('asks nobody about what asks for nothing', () => {
    expect(answerFor(sensor({ kind: 'port-probe' })).handOver).toBeNull();
  });
});
