import { describe, expect, it } from 'vitest';
import { show } from '../policies.ts';
import { resourcesOf, synthesise, type Json } from '../synthesise.ts';

const template = synthesise();
const statements: Json[] = resourcesOf(template, 'AWS::SQS::QueuePolicy')[0]?.Properties.PolicyDocument.Statement;

describe('DeadLetters', () => {
  it('keep every failed incident that is published', () => {
    const rule = resourcesOf(template, 'AWS::Events::Rule').find(({ id }) =>
      id.includes('FailedIncidents'),
    )?.Properties;

    expect(rule.EventPattern).toEqual({ source: ['connection-fuse'], 'detail-type': ['Incident failed'] });
    expect(show(rule.EventBusName)).toBe('<FuseBus>');
    expect(rule.Targets.map(({ Arn }: Json) => show(Arn))).toEqual(['<DeadLettersQueue>']);
  });

  it('are refused without TLS', () => {
    const [denied] = statements;

    expect(denied).toMatchObject({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
  });

  it('are taken from our own rules and our own bus only', () => {
    const admitted = statements.filter(({ Effect }) => Effect === 'Allow');

    expect(new Set(admitted.map(({ Condition }) => show(Condition.ArnEquals['aws:SourceArn'])))).toEqual(
      new Set([
        '<ExpiryRule>',
        '<FuseBus>',
        '<DeadLettersFailedIncidents>',
        '<NotificationsOutcomes>',
        '<SignalRulesGuardDutyFindings>',
        '<SignalRulesAlarms>',
        '<SignalRulesAlarmContributors>',
        '<SignalRulesHostSensors>',
        '<SignalRulesApplications>',
        '<TimeZoneWatchRule>',
        '<ReviewsFindings>',
        '<ReviewsReviewEvents>',
        '<ReviewsSchedule>',
        '<ReviewsStartedServers>',
      ]),
    );
  });
});
