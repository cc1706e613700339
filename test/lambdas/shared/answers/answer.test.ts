import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer } from '../../../../lambdas/shared/answers/answer.ts';
import { questions, type Answers, type Cut } from '../../../../lambdas/shared/contracts/incident.ts';
import { signalKinds, signalSources, type Signal } from '../../../../lambdas/shared/contracts/signal.ts';
import { receivedAt } from '../../../builders/action-request.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildFacts } from '../../../builders/server.ts';
import { buildManualSignal, buildSignal } from '../../../builders/signal.ts';

const policy = buildPolicy();
const noCut: Cut = { scope: 'peers', peers: [] };
const whole: Cut = { scope: 'server' };

/** The questions answered with yes. */
function yesOf(answers: Answers): string[] {
  return questions.filter((question) => answers[question]);
}

function answerFor(signal: Signal, tags: Readonly<Record<string, string>> = {}) {
  const { answers, cut, handOver } = answer(signal, buildFacts(tags), policy, receivedAt);
  return { yes: yesOf(answers), cut, handsOver: handOver !== null };
}

const cpu = (value: number, seconds: number, limit = 90) =>
  buildSignal({
    source: 'cloudwatch',
    kind: 'overload',
    name: 'cpu',
    severity: null,
    measure: { value, limit, unit: '%', seconds },
  });

describe('answer about threats', () => {
  it.each(['command-and-control', 'exfiltration', 'crypto-mining', 'lateral-movement', 'outbound-abuse'] as const)(
    'cuts the whole server for %s, whatever the severity',
    (kind) => {
      const { yes, cut, handsOver } = answerFor(buildSignal({ kind, severity: 1 }));

      expect(yes).toContain('securityRisk');
      expect({ cut, handsOver }).toEqual({ cut: whole, handsOver: false });
    },
  );

  it.each([
    [
      'target',
      ['203.0.113.9'],
      { yes: ['securityRisk'], cut: { scope: 'peers', peers: ['203.0.113.9'] }, handsOver: false },
    ],
    ['target', [], { yes: [], cut: noCut, handsOver: true }],
    ['actor', ['203.0.113.9'], { yes: ['spreads', 'securityRisk'], cut: whole, handsOver: false }],
    [
      'unknown',
      ['203.0.113.9'],
      { yes: ['securityRisk'], cut: { scope: 'peers', peers: ['203.0.113.9'] }, handsOver: true },
    ],
  ] as const)('reads brute force with the role %s and the addresses %j', (role, remoteAddresses, expected) => {
    const signal = buildSignal({ kind: 'brute-force', role, remoteAddresses: [...remoteAddresses] });

    expect(answerFor(signal)).toEqual(expected);
  });

  it.each(['port-probe', 'account-threat', 'other-alarm'] as const)('does nothing for %s', (kind) => {
    expect(answerFor(buildSignal({ kind }))).toEqual({ yes: [], cut: noCut, handsOver: false });
  });

  it.each([
    [6.9, [], false],
    [7, ['securityRisk'], false],
    [null, [], true],
  ])('judges other threats by their severity: %j', (severity, yes, handsOver) => {
    const result = answerFor(buildSignal({ kind: 'other-threat', severity }));

    expect(result).toEqual({ yes, cut: yes.length > 0 ? whole : noCut, handsOver });
  });
});

describe('answer about red lines', () => {
  const ports = (...list: number[]): Cut => ({ scope: 'ports', ports: list });
  const peers = (...list: string[]): Cut => ({ scope: 'peers', peers: list });
  const sensor = (over: Partial<Signal>) =>
    buildSignal({ source: 'host-sensor', severity: null, remoteAddresses: [], localPorts: [], ...over });
  const measured = (value: number, unit: string) => ({ measure: { value, limit: null, unit, seconds: 0 } });

  it.each([
    ['clock-offset', 'trading', measured(-800, 'ms'), ports(8080)],
    ['abnormal-orders', 'trading', {}, ports(8080)],
    ['time-difference', 'medical', measured(5.1, 's'), whole],
    ['unauthorised-access', 'medical', {}, whole],
    ['unauthorised-access', 'medical', { localPorts: [6000] }, ports(6000)],
    ['time-zone-conflict', 'logistics', {}, ports(5432)],
    ['order-state-backwards', 'logistics', { localPorts: [5432] }, ports(5432)],
    ['order-state-backwards', 'logistics', { remoteAddresses: ['10.0.4.4'] }, peers('10.0.4.4')],
    ['zombie-connections', 'surveillance', {}, ports(80, 443)],
    ['night-login', 'surveillance', { remoteAddresses: ['203.0.113.9'] }, peers('203.0.113.9')],
    // The cameras' ports stay open: who it was stands on the server.
    ['night-login', 'surveillance', {}, { scope: 'peers', peers: [], from: 'night-logins' }],
  ] as const)('cuts %s on profile %s in the shape of the scene', (kind, profile, over, cut) => {
    const signal = sensor({ kind, ...structuredClone(over as Partial<Signal>) });

    expect(answerFor(signal, { profile })).toEqual({ yes: ['securityRisk'], cut, handsOver: false });
    expect(answerFor(signal, { profile: 'general' })).toEqual({ yes: [], cut: noCut, handsOver: false });
    expect(answerFor(signal)).toEqual({ yes: [], cut: noCut, handsOver: false });
  });

  it.each([
    ['clock-offset', 'trading', 1, 'ms', []],
    ['clock-offset', 'trading', -1.01, 'ms', ['securityRisk']],
    ['time-difference', 'medical', 5, 's', []],
    ['time-difference', 'medical', -6, 's', ['securityRisk']],
  ] as const)('holds %s on %s against the limit: %j %s', (kind, profile, value, unit, yes) => {
    expect(answerFor(sensor({ kind, ...measured(value, unit) }), { profile }).yes).toEqual(yes);
  });

  it('hands over what is reported without a comparable value, and cuts nothing', () => {
    const signal = sensor({ source: 'cloudwatch', kind: 'clock-offset', name: 'clock', measure: null });

    expect(answerFor(signal, { profile: 'trading' })).toEqual({ yes: [], cut: noCut, handsOver: true });
  });

  it('takes the word of the policy for an alarm without a comparable value', () => {
    const signal = sensor({ source: 'cloudwatch', kind: 'clock-offset', name: 'clock-7', measure: null });
    const meant = buildPolicy({ alarms: [{ namePrefix: 'clock-', means: 'clock-offset' }] });

    const { answers, evidence } = answer(signal, buildFacts({ profile: 'trading' }), meant, receivedAt);

    expect(yesOf(answers)).toEqual(['securityRisk']);
    expect(evidence.securityRisk).toBe('Clock offset: the policy gives alarms "clock-…" this meaning');
  });

  it('hands over where the profile of the server is misspelt', () => {
    expect(answerFor(sensor({ kind: 'abnormal-orders' }), { profile: 'Trading' })).toMatchObject({
      yes: [],
      handsOver: true,
    });
  });
});

describe('answer about manual starts', () => {
  it.each([
    [{ kind: 'other-threat' }, {}, ['securityRisk'], whole],
    [
      { kind: 'other-threat', remoteAddresses: ['203.0.113.0/24'] },
      {},
      ['securityRisk'],
      { scope: 'peers', peers: ['203.0.113.0/24'] },
    ],
    [{ kind: 'crypto-mining', localPorts: [443] }, {}, ['securityRisk'], { scope: 'ports', ports: [443] }],
    [{ kind: 'ransomware' }, {}, ['spreads', 'securityRisk'], whole],
    [{ kind: 'clock-offset' }, { profile: 'trading' }, ['securityRisk'], { scope: 'ports', ports: [8080] }],
    [
      { kind: 'clock-offset', localPorts: [9000] },
      { profile: 'trading' },
      ['securityRisk'],
      { scope: 'ports', ports: [9000] },
    ],
    [{ kind: 'clock-offset' }, { profile: 'medical' }, [], noCut],
    [
      { kind: 'brute-force', remoteAddresses: ['203.0.113.9'] },
      {},
      ['securityRisk'],
      { scope: 'peers', peers: ['203.0.113.9'] },
    ],
    [{ kind: 'brute-force', localPorts: [22] }, {}, ['securityRisk'], { scope: 'ports', ports: [22] }],
    [{ kind: 'overload' }, {}, [], noCut],
  ] as const)('answers %j on %j with %j', (over, tags, yes, cut) => {
    const result = answerFor(buildManualSignal(structuredClone(over as Partial<Signal>)), tags);

    expect(result).toMatchObject({ yes, cut });
  });
});

describe('answer about load and core business', () => {
  it.each([
    [90.1, 300, 90, ['overloaded']],
    [90.1, 299, 90, []],
    [89, 600, 80, []],
    [99.5, 300, 50, ['overloaded']],
    [90, 300, 90, ['overloaded']], // every datapoint above the limit of 90, how far is not said
    [80, 300, 80, []],
    [90, 0, 90, []],
  ])('reads CPU of %d %% for %d s over %d as %j', (value, seconds, limit, yes) => {
    expect(answerFor(cpu(value, seconds, limit)).yes).toEqual(yes);
  });

  it.each([
    ['load of another unit', { measure: { value: 95, limit: 90, unit: '', seconds: 600 } }],
    ['no measure', { measure: null }],
    [
      'a sensor that reports exactly the limit',
      { source: 'host-sensor' as const, measure: { value: 90, limit: 90, unit: '%', seconds: 600 } },
    ],
  ])('does not call it overload by %s', (_title, over) => {
    expect(answerFor({ ...cpu(95, 600), ...over }).yes).toEqual([]);
  });

  it.each([
    ['a cut of the whole server', buildSignal(), { service: 'matching' }, ['coreBusiness', 'securityRisk']],
    [
      'a cut of some peers',
      buildSignal({ kind: 'brute-force', role: 'target' }),
      { service: 'matching' },
      ['securityRisk'],
    ],
    [
      'ransomware',
      buildSignal({ kind: 'ransomware' }),
      { service: 'matching' },
      ['spreads', 'coreBusiness', 'securityRisk'],
    ],
    ['overload', cpu(95, 300), { service: 'matching' }, ['coreBusiness', 'overloaded']],
    ['an outage', buildSignal({ kind: 'business-outage' }), { service: 'matching' }, ['coreBusiness']],
    ['an outage of another service', buildSignal({ kind: 'business-outage' }), { service: 'shop' }, []],
    ['an unknown service', buildSignal(), { service: 'unheard-of' }, ['securityRisk']],
    ['a port probe', buildSignal({ kind: 'port-probe' }), { service: 'matching' }, []],
  ])('asks whether %s affects core business', (_title, signal, tags, yes) => {
    expect(answerFor(signal, tags).yes).toEqual(yes);
  });

  it('gives one sentence for every answer', () => {
    const { evidence } = answer(buildSignal(), buildFacts({ service: 'matching' }), policy, receivedAt);

    expect(evidence).toEqual({
      lifeline: 'Neither tag nor policy names it a lifeline',
      spreads: '"Backdoor:EC2/C&CActivity.B" (command-and-control) is not known to spread',
      coreBusiness: 'Service "matching" is core business and its server would be cut whole',
      securityRisk: '"Backdoor:EC2/C&CActivity.B" is a threat of class command-and-control',
      underReview: '"Backdoor:EC2/C&CActivity.B" (command-and-control) opens no compliance review',
      overloaded: '"Backdoor:EC2/C&CActivity.B" (command-and-control) is no report of load',
    });
  });
});

describe('answer about lifelines', () => {
  const anySignal = fc.record({
    source: fc.constantFrom(...signalSources),
    kind: fc.constantFrom(...signalKinds),
    role: fc.constantFrom('target', 'actor', 'unknown'),
    severity: fc.option(fc.double({ min: 1, max: 10, noNaN: true })),
    remoteAddresses: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 3 }),
    localPorts: fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 3 }),
    measure: fc.option(
      fc.record({
        value: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        limit: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
        unit: fc.constantFrom('%', 'ms', 's', ''),
        seconds: fc.integer({ min: 0, max: 1000 }),
      }),
    ),
  });
  const anyTags = fc.record({
    profile: fc.constantFrom('trading', 'medical', 'logistics', 'surveillance', 'general', 'misspelt'),
    service: fc.constantFrom('matching', 'shop', 'unheard-of'),
  });

  it('is the only yes of a lifeline, and cuts nothing, whatever the signal', () => {
    fc.assert(
      fc.property(anySignal, anyTags, fc.string(), (over, tags, lifeline) => {
        const { answers, cut } = answer(buildSignal(over), buildFacts({ ...tags, lifeline }), policy, receivedAt);

        expect(yesOf(answers)).toEqual(['lifeline']);
        expect(cut).toEqual(noCut);
      }),
    );
  });

  it('cuts nothing where no risk is found, and something where one is', () => {
    fc.assert(
      fc.property(anySignal, anyTags, (over, tags) => {
        const { answers, cut } = answer(buildSignal(over), buildFacts(tags), policy, receivedAt);

        const isEmpty = JSON.stringify(cut) === JSON.stringify(noCut);
        expect(isEmpty).toBe(!answers.securityRisk && !answers.underReview);
        expect(answers.spreads && !answers.securityRisk).toBe(false);
      }),
    );
  });
});
