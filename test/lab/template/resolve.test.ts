import { describe, expect, it } from 'vitest';
import { Resolver } from '../../../lab/template/resolve.ts';

const template = {
  Parameters: {
    BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/version' },
    Bare: { Type: 'String' },
  },
  Conditions: {
    IsHere: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] },
    IsThere: { 'Fn::Not': [{ Condition: 'IsHere' }] },
    IsBoth: { 'Fn::And': [{ Condition: 'IsHere' }, { Condition: 'IsThere' }] },
    IsEither: { 'Fn::Or': [{ Condition: 'IsHere' }, { Condition: 'IsThere' }] },
  },
  Resources: {
    Table: { Type: 'AWS::DynamoDB::GlobalTable' },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'fuse' } },
    Rule: { Type: 'AWS::Events::Rule', Properties: { Name: 'r', EventBusName: { Ref: 'Bus' } } },
    Function: { Type: 'AWS::Lambda::Function' },
    Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Function' } } },
    Group: { Type: 'AWS::EC2::SecurityGroup', Properties: { VpcId: 'vpc-1' } },
    Gone: { Type: 'AWS::SQS::Queue', Condition: 'IsThere' },
    Log: { Type: 'AWS::Logs::LogGroup' },
  },
};

const createResolver = (): Resolver =>
  new Resolver({
    template,
    accountId: '123456789012',
    region: 'eu-central-1',
    partition: 'aws',
    stackName: 'Fuse',
    queueUrlOf: (name) => `http://lab/${name}`,
  });

const functionName = createResolver().identityOf('Function').ref;

describe('template resolver', () => {
  it.each([
    [
      'pseudo parameters',
      { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:${AWS::Region}.${AWS::URLSuffix}' },
      'arn:aws:iam::123456789012:eu-central-1.amazonaws.com',
    ],
    ['a parameter by its default', { Ref: 'BootstrapVersion' }, '/cdk-bootstrap/version'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Bus' }]] }, 'a-fuse'],
    ['Fn::Select and Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [
      'Fn::Sub with values and attributes',
      { 'Fn::Sub': ['${x} ${Bus.Arn} ${Queue} ${!kept}', { x: { Ref: 'Bus' } }] },
      'fuse arn:aws:events:eu-central-1:123456789012:event-bus/fuse http://lab/dead ${kept}',
    ],
    ['Fn::If by a condition that holds', { 'Fn::If': ['IsHere', 'yes', { Ref: 'Nothing' }] }, 'yes'],
    ['Fn::If by one that does not', { 'Fn::If': ['IsBoth', { Ref: 'Nothing' }, 'no'] }, 'no'],
    ['Fn::If by either', { 'Fn::If': ['IsEither', 'yes', 'no'] }, 'yes'],
    [
      'AWS::NoValue in structures and lists',
      { a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] },
      { b: [1] },
    ],
    ['an attribute in the short form', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:aws:sqs:eu-central-1:123456789012:dead'],
    ['the URL of a queue', { Ref: 'Queue' }, 'http://lab/dead'],
    [
      'a rule of a bus of its own',
      [{ Ref: 'Rule' }, { 'Fn::GetAtt': ['Rule', 'Arn'] }],
      ['fuse|r', 'arn:aws:events:eu-central-1:123456789012:rule/fuse/r'],
    ],
    [
      'a version by the name of its function',
      { Ref: 'Version' },
      `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}:1`,
    ],
    ['a log group', { 'Fn::GetAtt': ['Log', 'Arn'] }, expect.stringMatching(/:log-group:Fuse-Log-[0-9a-f]{8}:\*$/)],
  ])('resolves %s', (_, value, expected) => {
    expect(createResolver().resolve(value)).toEqual(expected);
  });

  it('gives the same ids to the same stack and others to another', () => {
    const other = new Resolver({
      template,
      accountId: '1',
      region: 'r',
      partition: 'aws',
      stackName: 'Other',
      queueUrlOf: String,
    });
    const group = createResolver().identityOf('Group').ref;

    expect(group).toMatch(/^sg-[0-9a-f]{17}$/);
    expect(createResolver().identityOf('Group').ref).toBe(group);
    expect(other.identityOf('Group').ref).not.toBe(group);
  });

  it('keeps generated names within the limit of the service', () => {
    const long = new Resolver({
      template: { Resources: { ['F'.repeat(100)]: { Type: 'AWS::Lambda::Function' } } },
      accountId: '1',
      region: 'r',
      partition: 'aws',
      stackName: 'Fuse',
      queueUrlOf: String,
    });

    expect(long.identityOf('F'.repeat(100)).ref).toHaveLength(64);
  });

  it.each([
    ['an unknown resource', { Ref: 'Nothing' }, "resource 'Nothing'"],
    ['a resource whose condition does not hold', { Ref: 'Gone' }, "resource 'Gone'"],
    ['an unknown attribute', { 'Fn::GetAtt': ['Table', 'StreamArn'] }, "attribute 'StreamArn' of 'Table'"],
    ['an unknown function', { 'Fn::Cidr': ['10.0.0.0/8', 1, 8] }, "intrinsic function 'Fn::Cidr'"],
    ['an export of another stack', { 'Fn::ImportValue': 'x' }, 'Fn::ImportValue'],
    ['a parameter without a value', { Ref: 'Bare' }, "parameter 'Bare'"],
    ['an unknown condition', { 'Fn::If': ['Nothing', 1, 2] }, "condition 'Nothing'"],
    ['an element beyond the list', { 'Fn::Select': [3, ['a']] }, "no element '3'"],
  ])('refuses %s and names it', (_, value, message) => {
    expect(() => createResolver().resolve(value)).toThrow(message);
  });
});
