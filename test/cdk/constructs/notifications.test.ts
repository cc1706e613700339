import { describe, expect, it } from 'vitest';
import { rolesOf, show } from '../policies.ts';
import { resourcesOf, synthesise, type Json } from '../synthesise.ts';

const template = synthesise();
const topicPolicy: Json[] = resourcesOf(template, 'AWS::SNS::TopicPolicy')[0]?.Properties.PolicyDocument.Statement;

describe('Notifications', () => {
  it('tell of every outcome, an hour late at most', () => {
    const rule = resourcesOf(template, 'AWS::Events::Rule').find(({ id }) => id.includes('Outcomes'))?.Properties;

    expect(rule.EventPattern).toEqual({
      source: ['connection-fuse'],
      'detail-type': [
        'Incident closed',
        'Incident failed',
        'Restore closed',
        'Approval wanted',
        'Approval still wanted',
      ],
    });
    expect(show(rule.EventBusName)).toBe('<FuseBus>');
    expect(rule.Targets).toHaveLength(1);
    expect(show(rule.Targets[0].Arn)).toBe('<NotificationsTopic>');
    expect(show(rule.Targets[0].DeadLetterConfig.Arn)).toBe('<DeadLettersQueue>');
    expect(rule.Targets[0].RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 3600 });
  });

  it('are published in a role of this account, which may do nothing else', () => {
    const allowed = (rolesOf(template).get('NotificationsPublisher') ?? []).map(({ Action, Resource }) => [
      ...Resource,
      ...Action,
    ]);

    expect(allowed).toEqual([
      ['<NotificationsTopic>', 'sns:Publish'],
      ['<MessageKey>', 'kms:Decrypt', 'kms:GenerateDataKey*'],
    ]);
  });

  it('take messages over TLS only, and from nobody but the alarms of this account', () => {
    expect(topicPolicy.map(({ Effect, Principal, Condition }) => ({ Effect, Principal, Condition }))).toEqual([
      { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
      },
    ]);
  });
});
