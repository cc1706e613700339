import { describe, expect, it } from 'vitest';
import { resourcesOf, synthesise, type Json } from '../synthesise.ts';

const template = synthesise();

/** The longest pattern EventBridge takes. */
const maxPatternLength = 2_048;

const signalRules = resourcesOf(template, 'AWS::Events::Rule')
  .filter(({ id }) => id.includes('SignalRules'))
  .map(({ Properties }) => Properties);

/** A physical name as CloudFormation makes it, at its longest: stack, logical id, 12 random characters. */
function withNames(pattern: Json): string {
  return JSON.stringify(pattern).replaceAll(/\{"Ref":"(\w+)"\}/g, '"ConnectionFuse-$1-ABCDEFGHIJKL"');
}

describe('SignalRules', () => {
  it('lets in findings, alarms that went off, their contributors, host sensors and applications, and nothing else', () => {
    const patterns = signalRules.map(({ EventPattern, EventBusName }) => ({ ...EventPattern, bus: EventBusName?.Ref }));

    const account = ['123456789012'];
    const ALARM = { value: ['ALARM'] };
    expect(patterns).toEqual([
      { account, source: ['aws.guardduty'], 'detail-type': ['GuardDuty Finding'] },
      {
        account,
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change'],
        detail: { state: ALARM, alarmName: [{ 'anything-but': { prefix: expect.any(String) as string } }] },
      },
      {
        account,
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm Contributor State Change'],
        detail: { state: ALARM, alarmName: [{ 'anything-but': { prefix: expect.any(String) as string } }] },
      },
      { account, source: ['connection-fuse.sensor'], bus: expect.stringMatching(/^FuseFuseBus/) },
      { account, source: ['connection-fuse.application'], bus: expect.stringMatching(/^FuseFuseBus/) },
    ]);
  });

  it('starts the flowchart with every signal, retries it, and keeps what was not delivered', () => {
    const targets = signalRules.map(({ Targets }) => Targets);

    for (const [target, ...others] of targets) {
      expect(others).toEqual([]);
      expect(target.Arn.Ref).toMatch(/^FuseWorkflowsRespondStateMachine/);
      expect(target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 120, MaximumRetryAttempts: 8 });
      expect(target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/^FuseDeadLettersQueue/);
    }
  });

  it('is not started by the alarms of the fuse itself, and by every other one', () => {
    const names = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ id, Properties }) => ({
      id,
      name: String(Properties.AlarmName ?? id),
    }));
    const { prefix } = signalRules[1].EventPattern.detail.alarmName[0]['anything-but'];

    const left = names.filter(({ name }) => !name.startsWith(prefix)).map(({ id }) => id);
    expect(names.length - left.length).toBeGreaterThan(30);
    expect(left.every((id) => id.startsWith('FuseHostSensors'))).toBe(true);
    expect(left).toHaveLength(4);
  });

  it('keeps every pattern within the length that EventBridge takes', () => {
    const lengths = signalRules.map(({ EventPattern }) => withNames(EventPattern).length);

    expect(Math.max(...lengths)).toBeLessThan(maxPatternLength);
  });
});
