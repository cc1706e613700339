import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  type EC2Client,
  type Filter,
  type Instance,
  type NetworkInterface,
  type SecurityGroupRule,
  type Tag,
} from '@aws-sdk/client-ec2';
import { chunk } from '../map-concurrently.ts';
import { lookUp } from './aws-errors.ts';

/** Values a filter may list. */
const valuesPerFilter = 200;
const pageSize = 1000;

/** One page of an answer, whatever EC2 calls its list. */
interface Page<Item> {
  readonly items: readonly Item[] | undefined;
  readonly next: string | undefined;
}

/**
 * Instances by id, or by another filter. Never by `InstanceIds`: there one unknown id fails the whole call. An id
 * without an answer simply is not among the results.
 */
export async function describeInstances(
  ec2: EC2Client,
  values: readonly string[],
  filter: 'instance-id' | 'tag-key' | 'instance-state-name' = 'instance-id',
): Promise<Instance[]> {
  return readAll('Instances', filter, values, async (input) => {
    const output = await ec2.send(new DescribeInstancesCommand(input));
    return { items: output.Reservations?.flatMap(({ Instances }) => Instances ?? []), next: output.NextToken };
  });
}

/** Network interfaces by a filter: `attachment.instance-id`, `group-id`, `subnet-id` or `network-interface-id`. */
export async function describeInterfaces(
  ec2: EC2Client,
  filter: string,
  values: readonly string[],
  options: { readonly abortSignal?: AbortSignal } = {},
): Promise<NetworkInterface[]> {
  return readAll('Network interfaces', filter, values, async (input) => {
    const output = await ec2.send(new DescribeNetworkInterfacesCommand(input), options);
    return { items: output.NetworkInterfaces, next: output.NextToken };
  });
}

/** All rules of the given groups, with descriptions and tags. A group that is not there has none. */
export async function describeGroupRules(ec2: EC2Client, groups: readonly string[]): Promise<SecurityGroupRule[]> {
  return readAll('Security group rules', 'group-id', groups, async (input) => {
    const output = await ec2.send(new DescribeSecurityGroupRulesCommand(input));
    return { items: output.SecurityGroupRules, next: output.NextToken };
  });
}

/** Reads every page of every chunk of values; chunks in parallel, so that one read depth stays one. */
export async function readAll<Item>(
  subject: string,
  filter: string,
  values: readonly string[],
  read: (input: { Filters: Filter[]; MaxResults: number; NextToken?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const readChunk = async (some: string[]): Promise<Item[]> => {
    const found: Item[] = [];
    let next: string | undefined;
    do {
      const Filters = [{ Name: filter, Values: some }];
      const page = await read({ Filters, MaxResults: pageSize, ...(next === undefined ? {} : { NextToken: next }) });
      found.push(...(page.items ?? []));
      next = page.next;
    } while (next !== undefined && next !== '');
    return found;
  };
  const chunks = chunk([...new Set(values)], valuesPerFilter);
  return lookUp(`${subject} by ${filter}`, async () => (await Promise.all(chunks.map(readChunk))).flat());
}

/** EC2's list of tags as a record. */
export function toTags(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}
