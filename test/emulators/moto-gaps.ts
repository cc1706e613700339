import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { GetCommandInvocationCommand, ListCommandsCommand } from '@aws-sdk/client-ssm';
import type { SSMClient } from '@aws-sdk/client-ssm';

export interface GapTools {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  /** Instances that run Windows; moto does not know. */
  readonly windows: ReadonlySet<string>;
}

type Input = Readonly<Record<string, unknown>>;

/** Answers an operation, or nothing where moto has an answer of its own. */
export type FillGap = (operation: string, body: string) => Promise<unknown>;

/**
 * Two reads that moto 5.2.5 lacks (it answers HTTP 500), told from what moto itself holds: its instances and its
 * commands. So a host cut gets as far as moto's SendCommand, which calls everything a success and runs nothing.
 */
export function fillMotoGaps(tools: GapTools): FillGap {
  return async (operation, body) => {
    if (operation === 'DescribeInstanceInformation') return await describeHosts(tools);
    if (operation === 'ListCommandInvocations') return await listInvocations(tools.ssm, JSON.parse(body) as Input);
    return undefined;
  };
}

/** Every instance that runs has an agent. Filters are for the caller: there are never many. */
async function describeHosts({ ec2, windows }: GapTools): Promise<unknown> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const ids = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId));
  return {
    InstanceInformationList: ids.map((id) => ({
      InstanceId: id,
      PingStatus: 'Online',
      PlatformType: windows.has(id) ? 'Windows' : 'Linux',
      AgentVersion: '3.3.3270.0',
      ResourceType: 'EC2Instance',
    })),
  };
}

async function listInvocations(ssm: SSMClient, { CommandId, InstanceId }: Input): Promise<unknown> {
  const { Commands = [] } = await ssm.send(new ListCommandsCommand({ CommandId: String(CommandId) }));
  const targets = Commands.flatMap(({ InstanceIds = [], DocumentName }) =>
    InstanceIds.map((id) => ({ id, DocumentName })),
  );
  const wanted = targets.filter(({ id }) => InstanceId === undefined || InstanceId === id);
  const invocations = wanted.map(async ({ id, DocumentName }) => {
    const seen = await ssm.send(new GetCommandInvocationCommand({ CommandId: String(CommandId), InstanceId: id }));
    const { Status, StatusDetails, ResponseCode, StandardOutputContent: Output, PluginName: Name } = seen;
    const plugin = { Name, Status, StatusDetails, ResponseCode, Output };
    return { CommandId, InstanceId: id, DocumentName, Status, StatusDetails, CommandPlugins: [plugin] };
  });
  return { CommandInvocations: await Promise.all(invocations) };
}
