import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { GetCommandInvocationCommand, ListCommandsCommand } from '@aws-sdk/client-ssm';
import type { Command, SSMClient } from '@aws-sdk/client-ssm';
import type { MachineSpec } from '../../lab/hosts/machine.ts';
import { detectTimeZones } from '../../lab/hosts/simulated/time-zones.ts';

export interface GapTools {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  /** What the instances are besides their connections; moto does not know. */
  readonly machines: ReadonlyMap<string, MachineSpec>;
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
    if (operation === 'DescribeInstanceInformation') return await describeHosts(tools, JSON.parse(body) as Input);
    if (operation === 'ListCommandInvocations') return await listInvocations(tools, JSON.parse(body) as Input);
    return undefined;
  };
}

/** Every instance that runs has an agent. */
async function describeHosts({ ec2, machines }: GapTools, { Filters }: Input): Promise<unknown> {
  const filters = (Filters ?? []) as readonly { readonly Key?: string; readonly Values?: readonly string[] }[];
  const wanted = filters.find(({ Key }) => Key === 'InstanceIds')?.Values;
  const running = await listRunning(ec2);
  const ids = running.filter((id) => wanted?.includes(id) ?? true);
  return {
    InstanceInformationList: ids.map((id) => ({
      InstanceId: id,
      PingStatus: 'Online',
      PlatformType: machines.get(id)?.platform ?? 'Linux',
      AgentVersion: '3.3.3270.0',
      ResourceType: 'EC2Instance',
    })),
  };
}

/** Page by page: moto tells a hundred at most, and a fleet alone has nearly as many. */
async function listRunning(ec2: EC2Client): Promise<string[]> {
  const ids: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ec2.send(new DescribeInstancesCommand({ NextToken }));
    const instances = (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
    ids.push(...instances.flatMap(({ InstanceId, State }) => (State?.Name === 'running' ? (InstanceId ?? []) : [])));
    ({ NextToken } = page);
  } while (NextToken !== undefined && NextToken !== '');
  return ids;
}

async function listInvocations({ ssm, machines }: GapTools, { CommandId, InstanceId }: Input): Promise<unknown> {
  const { Commands = [] } = await ssm.send(new ListCommandsCommand({ CommandId: String(CommandId) }));
  const targets = Commands.flatMap((command) => (command.InstanceIds ?? []).map((id) => ({ id, command })));
  const wanted = targets.filter(({ id }) => InstanceId === undefined || InstanceId === id);
  const invocations = wanted.map(async ({ id, command }) => {
    const seen = await ssm.send(new GetCommandInvocationCommand({ CommandId: String(CommandId), InstanceId: id }));
    const { Status, StatusDetails, ResponseCode, PluginName: Name } = seen;
    const Output = tellTimeZones(command, machines.get(id)) ?? seen.StandardOutputContent;
    const plugin = { Name, Status, StatusDetails, ResponseCode, Output };
    const { DocumentName } = command;
    return { CommandId, InstanceId: id, DocumentName, Status, StatusDetails, CommandPlugins: [plugin] };
  });
  return { CommandInvocations: await Promise.all(invocations) };
}

/**
 * The one question about a host that is answered, by the lab's model of it: it changes nothing, and without the answer
 * nobody could see the watch report a conflict. All other commands stay without a word.
 */
function tellTimeZones({ DocumentName = '', Parameters = {} }: Command, machine: MachineSpec | undefined) {
  if (!DocumentName.includes('DetectTimeZones')) return undefined;
  const values = Object.entries(Parameters).map(([name, [value = '']]) => [`SSM_${name}`, value] as const);
  return detectTimeZones(machine, Object.fromEntries(values)).stdout;
}
