import { describe, expect, it } from 'vitest';
import { answer } from '../../../../lambdas/shared/answers/answer.ts';
import { receivedAt } from '../../../builders/action-request.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildFacts } from '../../../builders/server.ts';
import { buildSignal } from '../../../builders/signal.ts';

const offset = (value: number) =>
  buildSignal({
    source: 'cloudwatch',
    kind: 'clock-offset',
    name: 'clock',
    severity: null,
    measure: { value, limit: 1, unit: 'ms', seconds: 60 },
  });

describe('a clock offset', () => {
  it.each([
    ['trading', 0.9, false],
    ['trading', 1.1, true],
    ['medical', 4999, false],
    ['medical', 5001, true],
    ['logistics', 90_000, false],
    ['general', 90_000, false],
  ])('of a %s server of %d ms is a red line: %s', (profile, value, crossed) => {
    const facts = buildFacts({ profile });

    const { answers, evidence } = answer(offset(value), facts, buildPolicy(), receivedAt);

    expect(answers.securityRisk).toBe(crossed);
    expect(evidence.securityRisk).not.toBe('');
  });

  it('is the only signal in milliseconds that is read as one: a person gave this alarm another meaning', () => {
    const signal = { ...offset(1), kind: 'unauthorised-access' as const, remoteAddresses: [], localPorts: [] };

    const { answers, evidence, cut } = answer(signal, buildFacts({ profile: 'medical' }), buildPolicy(), receivedAt);

    expect({ risk: answers.securityRisk, cut }).toEqual({ risk: true, cut: { scope: 'server' } });
    expect(evidence.securityRisk).toBe('Unauthorised access reported by "clock"');
  });
});
