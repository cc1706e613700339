import {
  CancelCommandCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetDocumentCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import type { SendCommandCommandInput } from '@aws-sdk/client-ssm';
import type { Step } from './step.ts';

/** A managed instance, and the document `say-hello` with one parameter `word` that takes letters only. */
export interface SsmSeed {
  readonly instanceId: string;
}

export const documentName = 'say-hello';
export const documentContent = {
  schemaVersion: '2.2',
  description: 'Says a word',
  parameters: { word: { type: 'String', default: 'hello', allowedPattern: '^[a-z]{1,10}$' } },
  mainSteps: [
    { action: 'aws:runShellScript', name: 'say', inputs: { timeoutSeconds: '30', runCommand: ["echo '{{word}}'"] } },
  ],
};

const unknownCommand = '01234567-89ab-4cde-8f01-23456789abcd';
const unknownInstance = 'i-0123456789abcdef0';

const send =
  (more: Partial<SendCommandCommandInput>): Step<SsmSeed>['run'] =>
  async ({ ssm }, { instanceId }) => {
    const { Command } = await ssm.send(
      new SendCommandCommand({ DocumentName: documentName, InstanceIds: [instanceId], ...more }),
    );
    return { document: Command?.DocumentName, instances: Command?.InstanceIds?.includes(instanceId) };
  };

export const ssmSteps: readonly Step<SsmSeed>[] = [
  {
    name: 'describe a document',
    run: async ({ ssm }) => {
      const { Document } = await ssm.send(new DescribeDocumentCommand({ Name: documentName }));
      return {
        name: Document?.Name,
        type: Document?.DocumentType,
        schema: Document?.SchemaVersion,
        status: Document?.Status,
        version: Document?.DocumentVersion,
        hashType: Document?.HashType,
        hash: Document?.Hash,
      };
    },
  },
  {
    name: 'get a document',
    run: async ({ ssm }) => {
      const { Content, DocumentFormat, DocumentType } = await ssm.send(new GetDocumentCommand({ Name: documentName }));
      return { content: JSON.parse(Content ?? 'null') as unknown, DocumentFormat, DocumentType };
    },
  },
  {
    name: 'get a document that is not there',
    run: async ({ ssm }) => await ssm.send(new GetDocumentCommand({ Name: 'no-such-document' })),
  },
  {
    name: 'describe a document that is not there',
    run: async ({ ssm }) => await ssm.send(new DescribeDocumentCommand({ Name: 'no-such-document' })),
  },
  { name: 'send a command', run: send({}) },
  { name: 'send a command with a parameter', run: send({ Parameters: { word: ['servus'] } }) },
  { name: 'send a parameter that the document does not allow', run: send({ Parameters: { word: ['; rm'] } }) },
  { name: 'send a parameter that the document does not have', run: send({ Parameters: { worth: ['x'] } }) },
  { name: 'send a document that is not there', run: send({ DocumentName: 'no-such-document' }) },
  { name: 'send to an instance that is not there', run: send({ InstanceIds: [unknownInstance] }) },
  {
    name: 'send to 51 instances',
    run: send({ InstanceIds: Array.from({ length: 51 }, (_, index) => `i-0${String(index).padStart(16, '0')}`) }),
  },
  {
    name: 'an invocation of a command that is not there',
    run: async ({ ssm }, { instanceId }) =>
      await ssm.send(new GetCommandInvocationCommand({ CommandId: unknownCommand, InstanceId: instanceId })),
  },
  {
    name: 'invocations of a command that is not there',
    run: async ({ ssm }) =>
      (await ssm.send(new ListCommandInvocationsCommand({ CommandId: unknownCommand }))).CommandInvocations,
  },
  {
    name: 'cancel a command that is not there',
    run: async ({ ssm }) => await ssm.send(new CancelCommandCommand({ CommandId: unknownCommand })),
  },
  {
    name: 'hosts found by id',
    run: async ({ ssm }, { instanceId }) => {
      const { InstanceInformationList = [] } = await ssm.send(
        new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
      );
      return InstanceInformationList.map(({ PingStatus, PlatformType }) => ({ PingStatus, PlatformType }));
    },
  },
  {
    name: 'a host that is not there',
    run: async ({ ssm }) =>
      (
        await ssm.send(
          new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [unknownInstance] }] }),
        )
      ).InstanceInformationList,
  },
];
