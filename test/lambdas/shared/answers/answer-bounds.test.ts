import { describe, expect, it } from 'vitest';
import { answer } from '../../../../lambdas/shared/answers/answer.ts';
import { answerSignal } from '../../../../lambdas/shared/answers/answer-signal.ts';
import type { Signal } from '../../../../lambdas/shared/contracts/signal.ts';
import { MessageInvalidError } from '../../../../lambdas/shared/errors.ts';
import { maxListCharacters } from '../../../../lambdas/shared/host-address.ts';
import { receivedAt } from '../../../builders/action-request.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildDescription, buildFacts, fuseTags } from '../../../builders/server.ts';
import { buildManualSignal, buildSignal, ownAccount } from '../../../builders/signal.ts';

const policy = buildPolicy();
const answerFor = (signal: Signal, tags: Readonly<Record<string, string>> = {}) =>
  answer(signal, buildFacts(tags), policy, receivedAt);
const cpu = (value: number, limit: number) =>
  buildSignal({ source: 'cloudwatch', kind: 'overload', measure: { value, limit, unit: '%', seconds: 600 } });
const attacked = (over: Partial<Signal>) => buildSignal({ kind: 'brute-force', role: 'target', ...over });

describe('the bounds of an answer', () => {
  it('takes a value at the limit of the specification for more only where the alarm had that very limit', () => {
    expect(answerFor(cpu(90, 90)).answers.overloaded).toBe(true);
    expect(answerFor(cpu(90, 80)).answers.overloaded).toBe(false);
  });

  it('cuts as many addresses as fit into one command, to its last character', () => {
    // 13 characters each and a blank between each two; one more for each of the longer ones, which stand first.
    const list = (longer: number) =>
      Array.from({ length: 585 }, (_, index) => {
        const second = index < longer ? '10' : '0';
        return `203.${second}.${100 + (index >> 7)}.${100 + (index % 128)}`;
      });
    const [fitting, over] = [list(3), list(4)];
    expect(fitting.join(' ')).toHaveLength(maxListCharacters);

    const [all, most] = [fitting, over].map((remoteAddresses) => answerFor(attacked({ remoteAddresses })));

    expect(all).toMatchObject({ cut: { peers: fitting }, handOver: null });
    expect(most?.cut).toEqual({ scope: 'peers', peers: over.slice(0, -1) });
  });

  it('calls only brute force by its actor an attack on others', () => {
    expect(answerFor(buildSignal({ role: 'actor' })).answers.spreads).toBe(false);
    expect(answerFor(attacked({ role: 'actor' })).answers.spreads).toBe(true);
  });

  it('lets only a finding of GuardDuty stay on its server by its name', () => {
    const rising = { kind: 'lateral-movement', name: 'PrivilegeEscalation:Runtime/x' } as const;

    expect(answerFor(buildSignal(rising)).answers.spreads).toBe(false);
    expect(answerFor(buildSignal({ ...rising, source: 'cloudwatch' })).answers.spreads).toBe(true);
  });

  it('has no doubt about the role where a person names the attackers', () => {
    const signal = buildManualSignal({ kind: 'brute-force', remoteAddresses: ['203.0.113.9'], role: 'unknown' });

    expect(answerFor(signal).handOver).toBeNull();
  });

  it('cuts the port of a database that the signal names, before the one of its engine', () => {
    const signal = buildSignal({
      source: 'host-sensor',
      kind: 'order-state-backwards',
      remoteAddresses: [],
      localPorts: [6543],
    });

    expect(answerFor(signal, { profile: 'logistics' }).cut).toEqual({ scope: 'ports', ports: [6543] });
  });

  it('cuts the camera that the signal names, before the ports of all', () => {
    const signal = buildSignal({ source: 'host-sensor', kind: 'zombie-connections', remoteAddresses: ['10.0.8.4'] });

    expect(answerFor(signal, { profile: 'surveillance' }).cut).toEqual({ scope: 'peers', peers: ['10.0.8.4'] });
  });

  it('refuses a kind of signal that nobody judges, rather than call it harmless', () => {
    expect(() => answerFor(buildSignal({ kind: 'unheard-of' as never }))).toThrow(
      new MessageInvalidError('Signal not judged: kind must be a known one, got "unheard-of"'),
    );
  });
});

describe('the golden channels that a review names', () => {
  const review = (...remoteAddresses: string[]) => buildManualSignal({ kind: 'border-review', remoteAddresses });
  const channelOf = (name: string, profile: string, ...peers: string[]) => ({
    name,
    servers: { profile },
    direction: 'in',
    peers,
  });

  const sentenceOf = (signal: Signal, over: typeof policy) =>
    answer(signal, buildFacts({ profile: 'trading' }, over), over, receivedAt).evidence.underReview;

  it('are those of its server with any peer beyond the border, and no others', () => {
    const goldenChannels = [
      channelOf('desk', 'trading', '10.20.0.0/16', '203.0.113.40/32'),
      channelOf('feed', 'trading', '10.20.0.0/16'),
      channelOf('devices', 'medical', '203.0.113.40/32'),
    ];

    const sentence = sentenceOf(review('203.0.113.0/24', '198.51.100.0/24'), buildPolicy({ goldenChannels }));

    expect(sentence).toMatch(/; golden channels live on though beyond it: desk$/);
  });

  it('are found beside names that are no ranges, on either side', () => {
    const checked = buildPolicy({ goldenChannels: [channelOf('desk', 'trading', '203.0.113.40/32')] });
    // As it would be if the check of the policy had let a name through.
    const goldenChannels = checked.goldenChannels.map((one) => ({ ...one, peers: ['desk.example', ...one.peers] }));

    const sentence = sentenceOf(review('partner.example', '203.0.113.0/24'), { ...checked, goldenChannels });

    expect(sentence).toContain('2 ranges beyond the border; golden channels live on though beyond it: desk');
  });
});

describe('what an answer rests on', () => {
  it.each([
    [{}, 'It belongs to no service'],
    [{ service: 'unheard-of' }, 'Service "unheard-of" is not defined in the policy'],
    [{ service: 'shop' }, 'Service "shop" is not core business'],
  ])('says of a server with the tags %j: %s', (tags, sentence) => {
    expect(answerFor(buildSignal(), tags).evidence.coreBusiness).toBe(sentence);
  });

  it.each([
    [buildSignal({ kind: 'port-probe' }), '"Backdoor:EC2/C&CActivity.B": a port was probed, nothing got in'],
    [
      buildSignal({ kind: 'account-threat', resource: 'S3Bucket' }),
      `"Backdoor:EC2/C&CActivity.B" is about S3Bucket, not about a server's connections`,
    ],
    [
      buildSignal({ kind: 'account-threat' }),
      `"Backdoor:EC2/C&CActivity.B" is about the account, not about a server's connections`,
    ],
    [buildSignal({ kind: 'other-alarm' }), '"Backdoor:EC2/C&CActivity.B" (other-alarm) says nothing of a threat'],
  ])('says why it is no risk: %#', (signal, sentence) => {
    expect(answerFor(signal).evidence.securityRisk).toBe(sentence);
  });

  it('says of ransomware that it goes on, whatever the finding is called', () => {
    const signal = buildSignal({ kind: 'ransomware', name: 'DefenseEvasion:Runtime/x' });

    expect(answerFor(signal).evidence.spreads).toBe(
      '"DefenseEvasion:Runtime/x" is of the ransomware kind, which goes on to other servers',
    );
  });
});

describe('a cohort', () => {
  const assess = (signal: Signal, sections: Readonly<Record<string, unknown>> = {}, tags = {}) =>
    answerSignal(signal, {
      policy: buildPolicy(sections),
      descriptions: [buildDescription({ tags: fuseTags(tags) })],
      accountId: ownAccount,
      receivedAt,
      doubts: [],
    });

  it('carries the golden channels of its servers', () => {
    const channel = { servers: { profile: 'trading' }, direction: 'in', peers: ['10.20.0.0/16'] };
    const goldenChannels = ['desk', 'feed'].map((name) => ({ ...channel, name }));

    expect(assess(buildSignal(), { goldenChannels }, { profile: 'trading' })).toMatchObject([
      { goldenChannels: ['desk', 'feed'] },
    ]);
  });

  it.each([
    ['a lifeline', buildSignal({ kind: 'clock-offset' }), { lifeline: 'clearing', profile: 'trading' }],
    ['a server that is not known', buildSignal({ servers: ['i-9'] }), {}],
    ['no server', buildSignal({ servers: [] }), {}],
  ])('of %s is cut in no shape', (_, signal, tags) => {
    expect(assess(signal, {}, tags)).toMatchObject([{ byProfile: false, cut: { scope: 'peers', peers: [] } }]);
  });

  it('of a server that is not known has neither channels nor groups', () => {
    expect(assess(buildSignal({ servers: ['i-9'] }))).toMatchObject([{ goldenChannels: [], securityGroupHints: [] }]);
  });

  it.each([
    [null, '"Backdoor:EC2/C&CActivity.B" names no server'],
    ['S3Bucket', '"Backdoor:EC2/C&CActivity.B" names no server, but S3Bucket'],
  ])('without a server says what is named instead: %j', (resource, sentence) => {
    const [cohort] = assess(buildSignal({ servers: [], resource }));

    expect(cohort?.evidence.securityRisk).toBe(sentence);
  });

  it('cuts nothing for an attack that a person reports without ports and addresses, and asks one', () => {
    const signal = buildManualSignal({ kind: 'brute-force', remoteAddresses: [], localPorts: [] });

    const { answers, cut, handOver } = answerFor(signal);

    expect({ risk: answers.securityRisk, cut }).toEqual({ risk: false, cut: { scope: 'peers', peers: [] } });
    expect(handOver).toContain('the attacking address is not known');
  });
});
