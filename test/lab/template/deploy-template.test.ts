import { GetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAwsLab } from '../../../lab/services/aws-lab.ts';
import type { AwsLab } from '../../../lab/services/aws-lab.ts';
import { deployTemplate } from '../../../lab/template/deploy-template.ts';
import type { Deployment } from '../../../lab/template/deploy-template.ts';
import { loadTemplate } from '../../../lab/template/load-template.ts';
import { toClientConfig } from '../services/client-config.ts';
import { writeAssembly } from './assembly.ts';

// Writes its event into the table through the endpoint of its environment, by hand: no SDK is in its bundle.
const code = `
exports.handler = async (event) => {
  const target = 'DynamoDB_20120810.PutItem';
  const authorization = 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/20261123/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x';
  const body = JSON.stringify({ TableName: process.env.TABLE, Item: { pk: { S: event.id } } });
  const answer = await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', body, headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0', authorization } });
  return { status: answer.status };
};`;

const machine = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'Write',
  States: {
    Write: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: '${WriteArn}', Payload: '{% $states.input %}' },
      End: true,
    },
  },
});

const assets = {
  f00d: { path: 'asset.f00d/index.js', text: code },
  cafe: { path: 'asset.cafe.json', text: machine },
};

const arnOf = (logicalId: string): object => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const toPolicy = (action: string): object => ({
  Statement: [{ Effect: 'Allow', Action: action, Resource: arnOf('Table') }],
});

const resources = {
  Table: {
    Type: 'AWS::DynamoDB::GlobalTable',
    Properties: {
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      Replicas: [{ Region: { Ref: 'AWS::Region' }, DeletionProtectionEnabled: true }],
    },
  },
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole', { Ref: 'Managed' }],
      Policies: [{ PolicyName: 'inline', PolicyDocument: toPolicy('dynamodb:GetItem') }],
    },
  },
  Policy: {
    Type: 'AWS::IAM::Policy',
    Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: toPolicy('dynamodb:PutItem') },
  },
  Managed: {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: { PolicyDocument: { Statement: { Effect: 'Deny', Action: 'iam:*' } } },
  },
  Write: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'assets', S3Key: 'f00d.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: arnOf('Role'),
      Timeout: 5,
      Environment: { Variables: { TABLE: { Ref: 'Table' } } },
    },
  },
  Machine: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      RoleArn: arnOf('Role'),
      DefinitionS3Location: { Bucket: 'assets', Key: 'cafe.json' },
      DefinitionSubstitutions: { WriteArn: arnOf('Write') },
    },
  },
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'fuse' } },
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventBusName: { Ref: 'Bus' },
      EventPattern: { source: ['sensor'], account: [{ Ref: 'AWS::AccountId' }] },
      State: 'ENABLED',
      Targets: [
        {
          Id: 'Target0',
          Arn: { Ref: 'Machine' },
          RoleArn: arnOf('Role'),
          InputTransformer: { InputPathsMap: { id: '$.detail.id' }, InputTemplate: '{"id":<id>}' },
          RetryPolicy: { MaximumEventAgeInSeconds: 120 },
        },
      ],
    },
  },
  Group: {
    Type: 'AWS::EC2::SecurityGroup',
    Properties: {
      GroupDescription: 'cut servers',
      VpcId: 'vpc-00000000000000001',
      SecurityGroupEgress: [{ IpProtocol: '-1', CidrIp: '127.0.0.1/32' }],
      Tags: [{ Key: 'connection-fuse:role', Value: 'quarantine' }],
    },
  },
  GroupRule: {
    Type: 'AWS::EC2::SecurityGroupIngress',
    Properties: {
      GroupId: { 'Fn::GetAtt': ['Group', 'GroupId'] },
      IpProtocol: 'tcp',
      FromPort: 443,
      ToPort: 443,
      CidrIp: '10.0.0.0/8',
    },
  },
  Alarm: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: 'errors',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      MetricName: 'Errors',
      Namespace: 'AWS/Lambda',
      Period: 60,
      Statistic: 'Sum',
    },
  },
  Log: { Type: 'AWS::Logs::LogGroup', Properties: {} },
};

const outputs = { TableName: { Value: { Ref: 'Table' } }, GroupId: { Value: { 'Fn::GetAtt': ['Group', 'GroupId'] } } };

describe('deployTemplate', () => {
  let lab: AwsLab;

  beforeEach(async () => {
    lab = await startAwsLab({ runCommand: async () => await Promise.reject(new Error('no host')) });
    lab.ec2.addVpc({ vpcId: 'vpc-00000000000000001', cidrBlock: '10.0.0.0/16' });
  });
  afterEach(async () => await lab.stop());

  const deploy = async (changes: object = {}, files: typeof assets | object = assets): Promise<Deployment> => {
    const template = { Resources: { ...resources, ...changes }, Outputs: outputs };
    return await deployTemplate(loadTemplate(await writeAssembly(template, files as typeof assets)), lab);
  };

  it('wires rule, machine, function and table so that an event ends as an item', async () => {
    const deployment = await deploy();
    const Entries = [{ Source: 'sensor', DetailType: 'x', Detail: '{"id":"i-1"}', EventBusName: 'fuse' }];

    await new EventBridgeClient(toClientConfig(lab)).send(new PutEventsCommand({ Entries }));
    await lab.whenIdle();

    expect(lab.stepFunctions.executions).toMatchObject([{ status: 'SUCCEEDED', path: ['Write'] }]);
    const get = new GetItemCommand({ TableName: deployment.outputs.TableName, Key: { pk: { S: 'i-1' } } });
    expect((await new DynamoDBClient(toClientConfig(lab)).send(get)).Item).toEqual({ pk: { S: 'i-1' } });
    expect(lab.gateway.calls.map(({ operation, caller }) => [operation, deployment.functionOf(caller)])).toEqual([
      ['PutEvents', undefined],
      ['StartExecution', undefined],
      ['Invoke', undefined],
      ['PutItem', 'Write'],
      ['GetItem', undefined],
    ]);
  });

  it('makes groups with exactly the rules of the template', async () => {
    const {
      outputs: { GroupId = '' },
    } = await deploy();

    const { SecurityGroups } = await new EC2Client(toClientConfig(lab)).send(
      new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }),
    );

    expect(SecurityGroups).toMatchObject([
      {
        Tags: [{ Key: 'connection-fuse:role', Value: 'quarantine' }],
        IpPermissions: [{ FromPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
        IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '127.0.0.1/32' }] }],
      },
    ]);
  });

  it('tells what a function may do: inline, attached and managed policies, resolved', async () => {
    const deployment = await deploy();
    const Resource = `arn:aws:dynamodb:us-east-1:123456789012:table/${deployment.physicalIdOf('Table')}`;

    expect(deployment.rolePolicies('Write')).toEqual({
      roleLogicalId: 'Role',
      statements: [
        { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource },
        { Effect: 'Allow', Action: 'dynamodb:PutItem', Resource },
        { Effect: 'Deny', Action: 'iam:*' },
      ],
      awsManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
      permissionsBoundaryArn: undefined,
    });
  });

  it('leaves out what its condition rules out', async () => {
    const template = {
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: { ...resources, Extra: { Type: 'AWS::SQS::Queue', Condition: 'Never' } },
    };
    const deployment = await deployTemplate(loadTemplate(await writeAssembly(template, assets)), lab);

    expect(deployment.logicalIdsOf('AWS::SQS::Queue')).toEqual([]);
  });

  const { Write, Machine, Table } = resources;
  it.each([
    ['an unknown type', { Cache: { Type: 'AWS::ElastiCache::CacheCluster' } }, "'AWS::ElastiCache::CacheCluster'"],
    [
      'an unknown property',
      { Write: { ...Write, Properties: { ...Write.Properties, VpcConfig: {} } } },
      "property 'VpcConfig'",
    ],
    ['another runtime', { Write: { ...Write, Properties: { ...Write.Properties, Runtime: 'python3.13' } } }, 'Runtime'],
    [
      'code that was not synthesised',
      { Write: { ...Write, Properties: { ...Write.Properties, Code: { S3Key: 'dead.zip' } } } },
      "no asset 'dead.zip'",
    ],
    [
      'an Express machine',
      { Machine: { ...Machine, Properties: { ...Machine.Properties, StateMachineType: 'EXPRESS' } } },
      'StateMachineType',
    ],
    [
      'a placeholder without a value',
      { Machine: { ...Machine, Properties: { ...Machine.Properties, DefinitionSubstitutions: {} } } },
      "placeholder '${WriteArn}'",
    ],
    [
      'a stream',
      { Table: { ...Table, Properties: { ...Table.Properties, StreamSpecification: {} } } },
      'StreamSpecification',
    ],
    [
      'a VPC that is not there',
      { Group: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'x', VpcId: 'vpc-0' } } },
      "no VPC 'vpc-0'",
    ],
  ])('stops at %s and names it', async (_, changes, message) => {
    await expect(deploy(changes)).rejects.toThrow(message);
  });
});
