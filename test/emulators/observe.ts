import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
} from '@aws-sdk/client-ec2';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SFNClient } from '@aws-sdk/client-sfn';

/** One network interface as EC2 tells of it, and every rule of its groups without the rules' ids: a rule put back gets a new one. */
export interface InterfaceSeen {
  readonly id: string;
  readonly groups: readonly GroupSeen[];
}

export interface GroupSeen {
  readonly id: string;
  /** Value of the tag `connection-fuse:role`; null for a group that is not of the fuse. */
  readonly role: string | null;
  readonly rules: readonly string[];
}

/** Reads every interface of an instance with its groups and their rules. */
export async function readNetwork(ec2: EC2Client, instanceId: string): Promise<readonly InterfaceSeen[]> {
  const { NetworkInterfaces = [] } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [instanceId] }] }),
  );
  const cards = NetworkInterfaces.map(({ NetworkInterfaceId = '', Groups = [], Attachment }) => ({
    id: NetworkInterfaceId,
    deviceIndex: Attachment?.DeviceIndex ?? 0,
    groupIds: Groups.map(({ GroupId = '' }) => GroupId).sort(),
  })).sort((left, right) => left.deviceIndex - right.deviceIndex);
  const groups = new Map<string, GroupSeen>();
  for (const id of new Set(cards.flatMap(({ groupIds }) => groupIds))) groups.set(id, await readGroup(ec2, id));
  return cards.map(({ id, groupIds }) => ({ id, groups: groupIds.flatMap((one) => groups.get(one) ?? []) }));
}

async function readGroup(ec2: EC2Client, id: string): Promise<GroupSeen> {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
  const { SecurityGroupRules = [] } = await ec2.send(
    new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [id] }] }),
  );
  const role = SecurityGroups[0]?.Tags?.find(({ Key }) => Key === 'connection-fuse:role')?.Value ?? null;
  const rules = SecurityGroupRules.map((rule) => {
    const {
      IsEgress,
      IpProtocol,
      FromPort,
      ToPort,
      CidrIpv4,
      CidrIpv6,
      ReferencedGroupInfo,
      PrefixListId,
      Tags = [],
    } = rule;
    const peer = CidrIpv4 ?? CidrIpv6 ?? ReferencedGroupInfo?.GroupId ?? PrefixListId ?? '';
    const tags = Tags.map(({ Key, Value }) => `${Key}=${Value}`).sort();
    const words = [IsEgress === true ? 'egress' : 'ingress', IpProtocol, `${FromPort ?? -1}-${ToPort ?? -1}`, peer];
    return [...words, rule.Description ?? '', ...tags].join(' ').trim();
  });
  return { id, role, rules: rules.sort() };
}

/** An execution that came to its end. */
export interface ExecutionSeen {
  readonly arn: string;
  readonly status: string;
  /** As it was given: not every emulator wants it to be JSON. */
  readonly input: string;
  readonly output: unknown;
  readonly error: string | null;
  readonly cause: string | null;
  /** State names in the order of entry. */
  readonly path: readonly string[];
}

export async function listExecutions(client: SFNClient, stateMachineArn: string): Promise<readonly string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListExecutionsCommand({ stateMachineArn, nextToken }));
    arns.push(...(page.executions ?? []).map(({ executionArn = '' }) => executionArn));
    ({ nextToken } = page);
  } while (nextToken !== undefined);
  return arns;
}

export async function startExecution(client: SFNClient, stateMachineArn: string, input: unknown): Promise<string> {
  const { executionArn = '' } = await client.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return executionArn;
}

/** Waits for the end of an execution; one that does not end is told as still running. */
export async function awaitExecution(client: SFNClient, arn: string, seconds = 180): Promise<ExecutionSeen> {
  for (let tries = 0; ; tries += 1) {
    const seen = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
    const status = seen.status ?? 'unknown';
    if (status !== 'RUNNING' || tries >= seconds * 4) {
      const output = seen.output === undefined ? null : (JSON.parse(seen.output) as unknown);
      const path = await readPath(client, arn);
      return {
        arn,
        status,
        input: seen.input ?? '',
        output,
        error: seen.error ?? null,
        cause: seen.cause ?? null,
        path,
      };
    }
    await sleep(250);
  }
}

async function readPath(client: SFNClient, executionArn: string): Promise<string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new GetExecutionHistoryCommand({ executionArn, nextToken }));
    names.push(...(page.events ?? []).flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? []));
    ({ nextToken } = page);
  } while (nextToken !== undefined);
  return names;
}
