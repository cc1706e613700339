import { describe, expect, it } from 'vitest';
import { answer } from '../../../../lambdas/shared/answers/answer.ts';
import { questions } from '../../../../lambdas/shared/contracts/incident.ts';
import { signalKinds, type Signal } from '../../../../lambdas/shared/contracts/signal.ts';
import { receivedAt } from '../../../builders/action-request.ts';
import { buildException, buildPolicy } from '../../../builders/policy.ts';
import { buildFacts } from '../../../builders/server.ts';
import { buildManualSignal, buildSignal } from '../../../builders/signal.ts';

const words = 'Exception "scan" of "security team" until 2026-06-01T00:00:00Z: penetration test';

/** What is answered for one server under these exceptions. */
function answerUnder(
  exceptions: readonly Readonly<Record<string, unknown>>[],
  signal: Signal = buildSignal(),
  tags: Readonly<Record<string, string>> = {},
) {
  const policy = buildPolicy({ exceptions: exceptions.map(buildException) });
  const found = answer(signal, buildFacts(tags, policy), policy, receivedAt);
  return { ...found, yes: questions.filter((question) => found.answers[question]) };
}

describe('judgeException', () => {
  it('observes, and says by whose word and until when', () => {
    const { yes, cut, evidence, approvalReason } = answerUnder([{ instead: 'observe' }]);

    expect({ yes, cut, approvalReason }).toEqual({ yes: [], cut: { scope: 'peers', peers: [] }, approvalReason: null });
    expect(evidence.securityRisk).toBe(
      `${words}; found all the same: "Backdoor:EC2/C&CActivity.B" is a threat of class command-and-control`,
    );
  });

  it('asks first, and leaves the answers as they are', () => {
    const { yes, cut, approvalReason } = answerUnder([{}]);

    expect({ yes, cut, approvalReason }).toEqual({
      yes: ['securityRisk'],
      cut: { scope: 'server' },
      approvalReason: words,
    });
  });

  it('does not call core business hit by a cut that is not made', () => {
    expect(answerUnder([{ instead: 'observe' }], buildSignal(), { service: 'matching' }).yes).toEqual([]);
  });

  it.each([
    ['another server', { servers: { ids: ['i-2'] } }],
    ['a server of both the profile and another service', { servers: { profile: 'general', service: 'shop' } }],
    ['another kind', { kinds: ['overload', 'crypto-mining'] }],
    ['a time that is over by the second', { until: '2026-05-06T07:05:31Z' }],
    ['a time that is over in another zone', { until: '2026-05-06T09:05:31+02:00' }],
  ])('does not count for %s', (_title, over) => {
    expect(answerUnder([{ instead: 'observe', ...over }]).yes).toEqual(['securityRisk']);
  });

  it('holds until its last second', () => {
    expect(answerUnder([{ instead: 'observe', until: '2026-05-06T07:05:32Z' }]).yes).toEqual([]);
  });

  it('covers what spreads only where the kind is named', () => {
    const spreading = signalKinds.filter((kind) => answerUnder([], buildSignal({ kind })).answers.spreads);

    const spared = (over: object) =>
      spreading.filter(
        (kind) => !answerUnder([{ instead: 'observe', ...over }], buildSignal({ kind })).answers.spreads,
      );

    expect(spreading).toEqual(['ransomware', 'lateral-movement']);
    expect(spared({})).toEqual([]);
    expect(spared({ kinds: ['command-and-control'] })).toEqual([]);
    expect(spared({ kinds: ['ransomware'] })).toEqual(['ransomware']);
  });

  it('cuts an attacker who spreads by brute force, unless that is named', () => {
    const attacker = buildSignal({ kind: 'brute-force', role: 'actor' });

    expect(answerUnder([{ instead: 'observe' }], attacker).yes).toContain('spreads');
    expect(answerUnder([{ instead: 'observe', kinds: ['brute-force'] }], attacker).yes).toEqual([]);
  });

  it('counts the first that matches', () => {
    const ask = { name: 'ask' };
    const observe = { name: 'observe', instead: 'observe' };

    expect(answerUnder([ask, observe]).approvalReason).toContain('Exception "ask"');
    expect(answerUnder([observe, ask]).yes).toEqual([]);
    expect(answerUnder([{ ...ask, until: '2026-01-01T00:00Z' }, observe]).yes).toEqual([]);
  });

  it('has nothing to say where nothing would be cut', () => {
    const probe = buildSignal({ kind: 'port-probe' });

    expect(answerUnder([{}], probe)).toEqual(answerUnder([], probe));
  });

  it('holds for a manual start, and not for one that breaks the glass', () => {
    const start = buildManualSignal();
    const broken = buildManualSignal({ breakGlass: true });

    expect(answerUnder([{ instead: 'observe' }], start).yes).toEqual([]);
    const { yes, evidence, approvalReason } = answerUnder([{ instead: 'observe' }], broken);
    expect({ yes, approvalReason }).toEqual({ yes: ['securityRisk'], approvalReason: null });
    expect(evidence.securityRisk).toBe(
      `A threat by the word of "night shift": unknown logins; passed over: ${words}; break-glass by "night shift", past budget and approval: unknown logins`,
    );
  });

  it('is not asked about a lifeline, whoever breaks the glass', () => {
    const broken = buildManualSignal({ kind: 'ransomware', breakGlass: true });

    expect(answerUnder([{}], broken, { lifeline: 'clearing' }).yes).toEqual(['lifeline']);
  });
});
