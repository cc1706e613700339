import { describe, expect, it } from 'vitest';
import { answer } from '../../../../lambdas/shared/answers/answer.ts';
import { questions, type Cut } from '../../../../lambdas/shared/contracts/incident.ts';
import { signalKinds, type Signal } from '../../../../lambdas/shared/contracts/signal.ts';
import { receivedAt } from '../../../builders/action-request.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildFacts } from '../../../builders/server.ts';
import { buildManualSignal, buildSignal } from '../../../builders/signal.ts';

const policy = buildPolicy();
const whole: Cut = { scope: 'server' };

function answerFor(signal: Signal, tags: Readonly<Record<string, string>> = {}) {
  const { answers, cut, handOver } = answer(signal, buildFacts(tags), policy, receivedAt);
  return { yes: questions.filter((question) => answers[question]), cut, handsOver: handOver !== null };
}

describe('what spreads', () => {
  it('lets ransomware and lateral movement spread, and nothing else', () => {
    const spreading = signalKinds.filter((kind) => answerFor(buildSignal({ kind })).yes.includes('spreads'));

    expect(spreading).toEqual(['ransomware', 'lateral-movement']);
  });

  it.each([
    ['lateral-movement', 'Impact:EC2/PortSweep', 'unknown', true],
    ['lateral-movement', 'Recon:EC2/Portscan', 'unknown', true],
    ['lateral-movement', 'Impact:EC2/WinRMBruteForce', 'actor', true],
    ['lateral-movement', 'PrivilegeEscalation:Runtime/RuncContainerEscape', 'unknown', false],
    ['lateral-movement', 'DefenseEvasion:Runtime/ProcessInjection.Ptrace', 'unknown', false],
    ['brute-force', 'UnauthorizedAccess:EC2/SSHBruteForce', 'actor', true],
    ['brute-force', 'UnauthorizedAccess:EC2/SSHBruteForce', 'target', false],
    ['brute-force', 'UnauthorizedAccess:EC2/SSHBruteForce', 'unknown', false],
  ] as const)('reads whether %s of %s as %s spreads: %j', (kind, name, role, spreads) => {
    expect(answerFor(buildSignal({ kind, name, role })).yes.includes('spreads')).toBe(spreads);
  });

  it('says why it spreads', () => {
    const sweep = buildSignal({ kind: 'lateral-movement', name: 'Impact:EC2/PortSweep' });

    expect(answer(sweep, buildFacts(), policy, receivedAt).evidence.spreads).toBe(
      '"Impact:EC2/PortSweep" (lateral-movement) reaches from this server for others',
    );
  });

  it.each(['ransomware', 'lateral-movement'] as const)('cuts %s whole, whatever scope was asked for', (kind) => {
    expect(answerFor(buildManualSignal({ kind, localPorts: [443] })).cut).toEqual(whole);
  });

  it('cuts a core server that moves sideways, and asks for the standby beside', () => {
    const signal = buildSignal({ kind: 'lateral-movement', name: 'Impact:EC2/PortSweep' });

    expect(answerFor(signal, { service: 'matching' })).toEqual({
      yes: ['spreads', 'coreBusiness', 'securityRisk'],
      cut: whole,
      handsOver: false,
    });
  });
});
