import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { TestEventPatternCommand } from '@aws-sdk/client-eventbridge';
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import { startAwsLab } from '../../../lab/services/aws-lab.ts';
import type { AwsLab } from '../../../lab/services/aws-lab.ts';
import { compilePattern } from '../../../lab/services/events/pattern.ts';
import { createNetwork } from '../account-calls.ts';
import { createClients } from '../clients.ts';
import type { Clients, Environment } from '../clients.ts';
import { tableName } from './dynamodb-steps.ts';
import type { Ec2Seed } from './ec2-steps.ts';
import type { MatchSeed } from './event-steps.ts';
import type { MachineSeed } from './machine-steps.ts';
import { documentContent, documentName } from './ssm-steps.ts';
import type { SsmSeed } from './ssm-steps.ts';
import type { Side } from './step.ts';

/** A side with the ways to put in place what the steps begin with; the lab has them in process, the others on the wire. */
export interface SeededSide extends Side {
  seedTable(): Promise<void>;
  seedEc2(): Promise<Ec2Seed>;
  seedSsm(): Promise<SsmSeed>;
  readonly matching: MatchSeed;
  readonly machines: MachineSeed;
  stop(): Promise<void>;
}

const attributes = ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((AttributeName) => ({
  AttributeName,
  AttributeType: 'S' as const,
}));
const keys = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
];
const indexes = [
  { IndexName: 'by-time', KeySchema: keys('gsi1pk', 'gsi1sk'), Projection: { ProjectionType: 'ALL' as const } },
];

/** The embedded lab, empty, without the app. */
export async function startLabSide(): Promise<SeededSide> {
  const aws = await startAwsLab({
    runCommand: async () => await Promise.resolve({ exitCode: 0, stdout: '', stderr: '', timedOut: false }),
  });
  const clients = createClients(aws.environment);
  return {
    name: 'lab',
    clients,
    seedTable: async () =>
      await aws.dynamodb.addTable({
        tableName,
        attributeDefinitions: attributes,
        keySchema: keys('pk', 'sk'),
        globalSecondaryIndexes: indexes,
      }),
    seedEc2: async () => await Promise.resolve(seedLabEc2(aws)),
    seedSsm: async () => {
      aws.ssm.addDocument(documentName, documentContent);
      const instanceId = 'i-0fab0000000000001';
      aws.ssm.addInstance({ instanceId, platformType: 'Linux', ipAddress: '10.0.3.20' });
      return await Promise.resolve({ instanceId });
    },
    matching: {
      matches: async (pattern, event) => await Promise.resolve(compilePattern(JSON.parse(pattern))(event)),
    },
    machines: {
      create: async (name, definition) => {
        const arn = `arn:aws:states:${aws.region}:${aws.accountId}:stateMachine:${name}`;
        const roleArn = `arn:aws:iam::${aws.accountId}:role/any`;
        aws.stepFunctions.addStateMachine({ name, arn, roleArn, definition: JSON.parse(definition) });
        return await Promise.resolve(arn);
      },
    },
    stop: async () => await aws.stop(),
  };
}

function seedLabEc2({ ec2 }: AwsLab): Ec2Seed {
  const vpcId = 'vpc-0fab0000000000001';
  const instanceId = 'i-0fab0000000000001';
  ec2.addVpc({ vpcId, cidrBlock: '10.0.0.0/16' });
  const ownGroupId = ec2.addSecurityGroup({
    groupName: 'own',
    vpcId,
    ingress: [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' }],
  });
  ec2.addInstance({
    instanceId,
    vpcId,
    networkInterfaces: [{ privateIpAddress: '10.0.3.20', groupIds: [ownGroupId] }],
  });
  const card = [...ec2.model.networkInterfaces.values()].find(
    ({ attachment }) => attachment?.instanceId === instanceId,
  );
  return { vpcId, instanceId, interfaceId: card?.networkInterfaceId ?? '', ownGroupId };
}

/** Any endpoint that speaks the AWS protocols. */
export function toWireSide(name: string, environment: Environment, stop: () => Promise<void>): SeededSide {
  const clients = createClients(environment);
  return {
    name,
    clients,
    seedTable: async () => {
      await clients.dynamodb.send(
        new CreateTableCommand({
          TableName: tableName,
          AttributeDefinitions: attributes,
          KeySchema: keys('pk', 'sk'),
          GlobalSecondaryIndexes: indexes,
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
    },
    seedEc2: async () => await seedWireEc2(clients),
    seedSsm: async () => {
      const Content = JSON.stringify(documentContent);
      await clients.ssm.send(
        new CreateDocumentCommand({ Name: documentName, DocumentType: 'Command', DocumentFormat: 'JSON', Content }),
      );
      const { Instances = [] } = await clients.ec2.send(
        new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1 }),
      );
      return { instanceId: Instances[0]?.InstanceId ?? '' };
    },
    matching: {
      matches: async (EventPattern, event) =>
        (await clients.events.send(new TestEventPatternCommand({ EventPattern, Event: JSON.stringify(event) })))
          .Result === true,
    },
    machines: {
      create: async (machine, definition) => {
        const roleArn = 'arn:aws:iam::123456789012:role/any';
        const { stateMachineArn = '' } = await clients.stepFunctions.send(
          new CreateStateMachineCommand({ name: machine, definition, roleArn }),
        );
        return stateMachineArn;
      },
    },
    stop,
  };
}

async function seedWireEc2(clients: Clients): Promise<Ec2Seed> {
  const { ec2 } = clients;
  const { vpcId, subnetId } = await createNetwork(clients);
  const group = { VpcId: vpcId, GroupName: 'own', Description: 'of the differential test' };
  const { GroupId: ownGroupId = '' } = await ec2.send(new CreateSecurityGroupCommand(group));
  const rule = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: ownGroupId, IpPermissions: [rule] }));
  const card = { DeviceIndex: 0, SubnetId: subnetId, Groups: [ownGroupId], PrivateIpAddress: '10.0.3.20' };
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1, NetworkInterfaces: [card] }),
  );
  const instanceId = Instances[0]?.InstanceId ?? '';
  const Filters = [{ Name: 'attachment.instance-id', Values: [instanceId] }];
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  return {
    vpcId,
    instanceId,
    interfaceId: NetworkInterfaces[0]?.NetworkInterfaceId ?? 'eni-0123456789abcdef0',
    ownGroupId,
  };
}
