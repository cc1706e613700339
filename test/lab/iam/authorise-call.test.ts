import { describe, expect, it } from 'vitest';
import { authoriseCall, toIamRequests } from '../../../lab/iam/authorise-call.ts';
import type { IamRequest } from '../../../lab/iam/iam-request.ts';
import { CallNotMappedError } from '../../../lab/iam/policy-errors.ts';
import { parseStatement } from '../../../lab/iam/statement.ts';
import { Ec2Model } from '../../../lab/services/ec2/model.ts';
import { seedInstance, seedSecurityGroup, seedVpc } from '../../../lab/services/ec2/seed.ts';

const instanceId = 'i-0a000000000000001';

/** One server with an interface in group sg-own, and another group sg-new, each tagged with what it is. */
function buildSite() {
  const model = new Ec2Model('123456789012', 'us-east-1');
  seedVpc(model, { vpcId: 'vpc-1', cidrBlock: '10.0.0.0/8' });
  for (const groupId of ['sg-own', 'sg-new']) {
    seedSecurityGroup(model, { groupId, groupName: groupId, vpcId: 'vpc-1', tags: { is: groupId } });
  }
  const card = {
    networkInterfaceId: 'eni-1',
    privateIpAddress: '10.0.0.1',
    groupIds: ['sg-own'],
    tags: { is: 'interface' },
  };
  seedInstance(model, { instanceId, vpcId: 'vpc-1', tags: { is: 'instance' }, networkInterfaces: [card] });
  return { accountId: '123456789012', region: 'us-east-1', ec2: { model } };
}

function buildCall(name: string, input: unknown) {
  const [service = '', operation = ''] = name.split(':');
  return { at: 0, caller: '', service, operation, input };
}

/** Action, the end of the resource, and the tag it is known by, if any. */
function show({ action, resource, context: { keys } }: IamRequest): string {
  const tag = keys['aws:ResourceTag/is'];
  return [action, resource.split(':').slice(5).join(':') || resource, ...(tag === undefined ? [] : [tag])].join(' ');
}

function list(name: string, input: unknown): string[] {
  return toIamRequests(buildCall(name, input), buildSite()).map(show);
}

const states = 'arn:aws:states:us-east-1:123456789012';
const tableCall = { TableName: 'audit' };
const key = { pk: { S: 'cut' }, sk: { S: 'x' } };
const pkQuery = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: 'cut' } } };
const newRule = { GroupId: 'sg-own', IpPermissions: [] };
const tags = [{ ResourceType: 'security-group-rule', Tag: [{ Key: 'owner', Value: 'desk' }] }];

describe('toIamRequests', () => {
  it.each([
    { name: 'ec2:DescribeInstances', input: {}, asks: ['ec2:DescribeInstances *'] },
    {
      name: 'ec2:ModifyNetworkInterfaceAttribute',
      input: { NetworkInterfaceId: 'eni-1', SecurityGroupId: ['sg-new', 'sg-own'] },
      asks: [
        'ec2:ModifyNetworkInterfaceAttribute network-interface/eni-1 interface',
        `ec2:ModifyNetworkInterfaceAttribute instance/${instanceId} instance`,
        'ec2:ModifyNetworkInterfaceAttribute security-group/sg-new sg-new',
        'ec2:ModifyNetworkInterfaceAttribute security-group/sg-own sg-own',
      ],
    },
    {
      name: 'ec2:RevokeSecurityGroupEgress',
      input: { GroupId: 'sg-own', SecurityGroupRuleId: ['sgr-1'] },
      asks: ['ec2:RevokeSecurityGroupEgress security-group/sg-own sg-own'],
    },
    {
      name: 'ec2:AuthorizeSecurityGroupIngress',
      input: newRule,
      asks: [
        'ec2:AuthorizeSecurityGroupIngress security-group/sg-own sg-own',
        'ec2:AuthorizeSecurityGroupIngress security-group-rule/*',
      ],
    },
    {
      name: 'ec2:AuthorizeSecurityGroupEgress',
      input: { ...newRule, TagSpecification: tags },
      asks: [
        'ec2:AuthorizeSecurityGroupEgress security-group/sg-own sg-own',
        'ec2:AuthorizeSecurityGroupEgress security-group-rule/*',
        'ec2:CreateTags security-group-rule/*',
      ],
    },
    {
      name: 'ssm:SendCommand',
      input: { DocumentName: 'Kill', InstanceIds: [instanceId] },
      asks: ['ssm:SendCommand document/Kill', `ssm:SendCommand instance/${instanceId} instance`],
    },
    { name: 'ssm:GetDocument', input: { Name: 'Kill' }, asks: ['ssm:GetDocument document/Kill'] },
    { name: 'ssm:CancelCommand', input: { CommandId: 'c' }, asks: ['ssm:CancelCommand *'] },
    { name: 'dynamodb:PutItem', input: { ...tableCall, Item: key }, asks: ['dynamodb:PutItem table/audit'] },
    { name: 'dynamodb:DeleteItem', input: { ...tableCall, Key: key }, asks: ['dynamodb:DeleteItem table/audit'] },
    { name: 'dynamodb:Query', input: { ...tableCall, ...pkQuery }, asks: ['dynamodb:Query table/audit'] },
    {
      name: 'dynamodb:Query',
      input: { ...tableCall, ...pkQuery, KeyConditionExpression: 'gsi1pk = :pk', IndexName: 'by-time' },
      asks: ['dynamodb:Query table/audit/index/by-time'],
    },
    {
      name: 'events:PutEvents',
      input: {
        Entries: [
          { Source: 's', DetailType: 'd', EventBusName: 'fuse' },
          { Source: 's', DetailType: 'd' },
        ],
      },
      asks: ['events:PutEvents event-bus/fuse', 'events:PutEvents event-bus/default'],
    },
    { name: 'cloudwatch:DescribeAlarms', input: { AlarmNames: ['a'] }, asks: ['cloudwatch:DescribeAlarms *'] },
    { name: 'lambda:Invoke', input: { FunctionName: 'assess' }, asks: ['lambda:InvokeFunction function:assess'] },
    {
      name: 'dynamodb:UpdateItem',
      input: { ...tableCall, Key: key, UpdateExpression: 'ADD servers :servers' },
      asks: ['dynamodb:UpdateItem table/audit'],
    },
    {
      name: 'states:StartExecution',
      input: { stateMachineArn: `${states}:stateMachine:isolate` },
      asks: ['states:StartExecution stateMachine:isolate'],
    },
    {
      name: 'states:StopExecution',
      input: { executionArn: `${states}:execution:isolate:x` },
      asks: ['states:StopExecution execution:isolate:x'],
    },
    { name: 'sqs:SendMessage', input: { QueueUrl: 'http://127.0.0.1:1/1/dead' }, asks: ['sqs:SendMessage dead'] },
  ])('asks for $asks at $name', ({ name, input, asks }) => {
    expect(list(name, input)).toEqual(asks);
  });

  it('asks for the rule that tells of ends where a machine looks at an execution, and nowhere else', () => {
    const call = buildCall('states:DescribeExecution', { executionArn: `${states}:execution:isolate:x` });
    const rule = 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';

    const byMachine = toIamRequests({ ...call, caller: `${states}:stateMachine:respond` }, buildSite());
    const byPerson = toIamRequests({ ...call, caller: 'AKIALABOPERATOR' }, buildSite());

    expect(byMachine.map(show)).toEqual([
      'states:DescribeExecution execution:isolate:x',
      `events:DescribeRule ${rule}`,
      `events:PutRule ${rule}`,
      `events:PutTargets ${rule}`,
    ]);
    expect(byPerson.map(show)).toEqual(['states:DescribeExecution execution:isolate:x']);
  });

  it('tells the partition of every call on the table', () => {
    const calls = [
      buildCall('dynamodb:PutItem', { ...tableCall, Item: key }),
      buildCall('dynamodb:GetItem', { ...tableCall, Key: key }),
      buildCall('dynamodb:UpdateItem', { ...tableCall, Key: key }),
      buildCall('dynamodb:Query', { ...tableCall, ...pkQuery }),
    ];

    const keys = calls.flatMap((call) => toIamRequests(call, buildSite()).map(({ context }) => context.keys));

    expect(keys).toEqual(calls.map(() => ({ 'dynamodb:LeadingKeys': ['cut'] })));
  });

  it('tells of tags on a new rule under the name of the call that makes it', () => {
    const call = buildCall('ec2:AuthorizeSecurityGroupIngress', { ...newRule, TagSpecification: tags });

    expect(toIamRequests(call, buildSite())[2]?.context.keys).toEqual({
      'ec2:CreateAction': 'AuthorizeSecurityGroupIngress',
      'aws:RequestTag/owner': 'desk',
      'aws:TagKeys': ['owner'],
      'ec2:Region': 'us-east-1',
    });
  });

  it.each([
    { case: 'an operation', name: 'ec2:TerminateInstances', input: {} },
    { case: 'a service', name: 'iam:PassRole', input: {} },
    { case: 'an operation that every object has', name: 'ec2:toString', input: {} },
    { case: 'a group it does not have', name: 'ec2:RevokeSecurityGroupIngress', input: { GroupId: 'sg-x' } },
    {
      case: 'an interface it does not have',
      name: 'ec2:ModifyNetworkInterfaceAttribute',
      input: { NetworkInterfaceId: 'eni-x', SecurityGroupId: ['sg-new'] },
    },
    {
      case: 'another attribute of an interface',
      name: 'ec2:ModifyNetworkInterfaceAttribute',
      input: { NetworkInterfaceId: 'eni-1', SourceDestCheck: { Value: 'false' } },
    },
    {
      case: 'hosts by tag',
      name: 'ssm:SendCommand',
      input: { DocumentName: 'Kill', Targets: [], InstanceIds: ['i-1'] },
    },
    {
      case: 'a host that is no instance',
      name: 'ssm:SendCommand',
      input: { DocumentName: 'K', InstanceIds: ['mi-1'] },
    },
    {
      case: 'a query by another key',
      name: 'dynamodb:Query',
      input: { ...tableCall, ...pkQuery, KeyConditionExpression: 'sk = :pk' },
    },
    { case: 'an item without a key', name: 'dynamodb:PutItem', input: { ...tableCall, Item: {} } },
  ])('knows no answer for $case, and says so', ({ name, input }) => {
    expect(() => list(name, input)).toThrow(CallNotMappedError);
  });
});

describe('authoriseCall', () => {
  const call = buildCall('ec2:ModifyNetworkInterfaceAttribute', {
    NetworkInterfaceId: 'eni-1',
    SecurityGroupId: ['sg-new'],
  });
  const allow = parseStatement({ Effect: 'Allow', Action: 'ec2:*', Resource: '*' });

  it.each(['interface', 'instance', 'sg-new'])('refuses where a statement denies what is tagged %s', (tag) => {
    const condition = { StringEquals: { 'aws:ResourceTag/is': tag } };
    const deny = parseStatement({ Sid: 'No', Effect: 'Deny', Action: 'ec2:*', Resource: '*', Condition: condition });

    expect(authoriseCall([allow], call, buildSite())).toEqual({ kind: 'allowed' });
    expect(authoriseCall([allow, deny], call, buildSite())).toMatchObject({ kind: 'denied', sid: 'No' });
  });

  it('refuses where one of the resources is not granted', () => {
    const cardOnly = parseStatement({
      Effect: 'Allow',
      Action: 'ec2:*',
      Resource: 'arn:aws:ec2:*:*:network-interface/*',
    });

    expect(authoriseCall([cardOnly], call, buildSite())).toMatchObject({ kind: 'not-granted' });
  });
});
