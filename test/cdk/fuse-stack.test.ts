import { App } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { account, addStack, anywhere, createApp, synthesise } from './synthesise.ts';

const noVpc = Match.stringLikeRegexp('No network cut is possible');

describe('FuseStack', () => {
  it('publishes what the command and the lab look for', () => {
    const { Outputs, Resources } = synthesise();

    const types = Object.entries(Outputs).map(([name, { Value }]) => [name, Resources[Value.Ref]?.Type]);
    expect(Object.fromEntries(types)).toEqual({
      TableName: 'AWS::DynamoDB::GlobalTable',
      RespondStateMachineArn: 'AWS::StepFunctions::StateMachine',
      RestoreStateMachineArn: 'AWS::StepFunctions::StateMachine',
      BusName: 'AWS::Events::EventBus',
      DeadLetterQueueUrl: 'AWS::SQS::Queue',
      SensorPolicyArn: 'AWS::IAM::ManagedPolicy',
      NotificationTopicArn: 'AWS::SNS::Topic',
    });
  });

  it('warns that no network cut is possible where no VPC is configured', () => {
    const stack = addStack(createApp(), { account: anywhere });

    expect(Annotations.fromStack(stack).findWarning('*', noVpc)).toHaveLength(1);
  });

  it('does not warn where a VPC is configured', () => {
    const stack = addStack(createApp(), { account });

    expect(Annotations.fromStack(stack).findWarning('*', noVpc)).toEqual([]);
  });

  it('has the same name in every account and cannot be deleted by accident', () => {
    const stack = addStack(new App(), { account });

    expect(stack.stackName).toBe('ConnectionFuse');
    expect(stack.terminationProtection).toBe(true);
  });

  it('subscribes nobody unless an address is configured', () => {
    const subscriptions = (template: ReturnType<typeof synthesise>) =>
      Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::SNS::Subscription');

    expect(subscriptions(synthesise({ account: anywhere }))).toEqual([]);
    expect(subscriptions(synthesise({ account }))).toMatchObject([
      { Properties: { Protocol: 'email', Endpoint: 'duty@example.com' } },
    ]);
  });
});
