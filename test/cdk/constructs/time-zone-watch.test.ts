import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../lambdas/shared/policy/parse-policy.ts';
import { resourcesOf, synthesise, type CloudFormationTemplate } from '../synthesise.ts';

const checkingEach = (zoneCheckMinutes: number) =>
  synthesise({ policy: parsePolicy({ version: 1, profiles: { logistics: { zoneCheckMinutes } } }) });

const ruleOf = (template: CloudFormationTemplate) =>
  resourcesOf(template, 'AWS::Events::Rule').find(({ id }) => id.includes('TimeZoneWatch'))?.Properties;

describe('TimeZoneWatch', () => {
  it('calls its function every quarter of an hour unless the policy says otherwise', () => {
    const rule = ruleOf(synthesise());
    const [target, ...more] = rule.Targets;

    expect(more).toEqual([]);
    expect(rule).toMatchObject({ ScheduleExpression: 'rate(15 minutes)', State: 'ENABLED' });
    expect(target.Arn['Fn::GetAtt'][0]).toMatch(/^FuseFunctionsWatchTimeZonesFunction/);
    expect(target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/^FuseDeadLettersQueue/);
    expect(target.RetryPolicy.MaximumEventAgeInSeconds).toBeLessThan(900);
  });

  it('alone is let call that function', () => {
    const template = synthesise();
    const [permission, ...more] = resourcesOf(template, 'AWS::Lambda::Permission')
      .map(({ Properties }) => Properties)
      .filter(({ FunctionName }) => /WatchTimeZones/.test(FunctionName['Fn::GetAtt'][0]));

    expect(more).toEqual([]);
    expect(permission).toMatchObject({ Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' });
    expect(permission.SourceArn['Fn::GetAtt'][0]).toMatch(/^FuseTimeZoneWatchRule/);
  });

  it.each([
    [1, 'rate(1 minute)'],
    [1440, 'rate(1 day)'],
  ])('takes %s min of the policy as %s', (minutes, expression) => {
    expect(ruleOf(checkingEach(minutes)).ScheduleExpression).toBe(expression);
  });

  it('has no rule where the policy wants none; its function stays', () => {
    const template = checkingEach(0);

    expect(ruleOf(template)).toBeUndefined();
    const functions = resourcesOf(template, 'AWS::Lambda::Function').map(({ id }) => id);
    expect(functions.filter((id) => id.includes('WatchTimeZones'))).toHaveLength(1);
  });
});
