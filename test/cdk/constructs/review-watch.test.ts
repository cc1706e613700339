import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../lambdas/shared/policy/parse-policy.ts';
import { functionRolesOf } from '../policies.ts';
import { policy, resourcesOf, synthesise, type CloudFormationTemplate, type Json } from '../synthesise.ts';

const template = synthesise();
const rules = resourcesOf(template, 'AWS::Events::Rule').filter(({ id }) => id.startsWith('FuseReviews'));
const ruleOf = (name: string): Json => rules.find(({ id }) => id.startsWith(`FuseReviews${name}`))?.Properties;

function listGrantsOf(given: CloudFormationTemplate): string[] {
  const statements = functionRolesOf(given).get('ReviewsWatchReviews') ?? [];
  return statements
    .filter(({ Action }) => Action.includes('ec2:GetManagedPrefixListEntries'))
    .flatMap((one) => one.Resource);
}

describe('ReviewWatch', () => {
  it('looks after reviews every five minutes, and whenever something happens to one', () => {
    expect(rules).toHaveLength(4);
    expect(ruleOf('Schedule')).toMatchObject({ ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED' });
    expect(ruleOf('StartedServers').EventPattern).toMatchObject({
      source: ['aws.ec2'],
      'detail-type': ['EC2 Instance State-change Notification'],
      detail: { state: ['running'] },
    });
    expect(ruleOf('Findings').EventPattern).toMatchObject({
      source: ['aws.guardduty'],
      'detail-type': ['GuardDuty Finding'],
    });
  });

  it('takes reviews from the bus of the fuse alone, and events of this account only', () => {
    expect(ruleOf('ReviewEvents').EventPattern).toMatchObject({
      source: ['connection-fuse.review'],
      'detail-type': ['Compliance Review'],
    });
    expect(JSON.stringify(ruleOf('ReviewEvents').EventBusName)).toContain('FuseBus');
    for (const { Properties } of rules.filter(({ Properties: own }) => own.EventPattern !== undefined)) {
      expect(Properties.EventPattern.account).toHaveLength(1);
    }
  });

  it('loses no event: neither one that is not delivered nor one that is not worked off', () => {
    for (const { Properties } of rules) {
      expect(Properties.Targets).toMatchObject([
        { DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^FuseDeadLettersQueue/), 'Arn'] } } },
      ]);
    }
    const configs = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').filter(({ id }) =>
      id.startsWith('FuseReviews'),
    );
    expect(configs).toMatchObject([
      {
        Properties: {
          MaximumRetryAttempts: 2,
          DestinationConfig: {
            OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringMatching(/^FuseDeadLettersQueue/), 'Arn'] } },
          },
        },
      },
    ]);
  });

  it('is alarmed when it throws', () => {
    const alarmed = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ id }) => id.replace(/[0-9A-F]{8}$/, ''));

    expect(alarmed).toEqual(
      expect.arrayContaining(['FuseAlarmsWatchReviewsErrors', 'FuseAlarmsWatchReviewsThrottles']),
    );
  });

  it('reads the prefix lists of the policy and no others', () => {
    const prefixLists = ['pl-0a0b0c0d0e0f00001'];
    const borders = [
      { name: 'abroad', prefixLists },
      { name: 'again', prefixLists },
    ];
    const listed = synthesise({ policy: parsePolicy({ version: 1, borders }) });

    expect(policy.borders).toEqual([]);
    expect(listGrantsOf(template)).toEqual([]);
    expect(listGrantsOf(listed)).toEqual([
      expect.stringMatching(/ec2:eu-central-1:\*:prefix-list\/pl-0a0b0c0d0e0f00001$/),
    ]);
  });
});
