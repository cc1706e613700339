import { DescribeInstanceInformationCommand, type InstanceInformation, type SSMClient } from '@aws-sdk/client-ssm';
import { lookUp } from '../../clients/aws-errors.ts';
import { chunk } from '../../map-concurrently.ts';

/** Ids one filter takes, and the page size. */
const idsPerCall = 50;

/** The first agent that hands parameters over as environment variables; older ones paste them into the script. */
const minimumAgent = [3, 3, 2746, 0];

/** Says why no command can run on a host, or null; `undefined` is a host Systems Manager does not know. */
export function findHostFault(host: InstanceInformation | undefined, platforms: readonly string[]): string | null {
  if (host === undefined) return 'Server is not managed by Systems Manager';
  if (!platforms.includes(host.PlatformType ?? '')) {
    return `Platform "${host.PlatformType ?? ''}" has no such document, wanted "${platforms.join('" or "')}"`;
  }
  if (!isNewEnough(host.AgentVersion ?? '')) {
    return `Agent "${host.AgentVersion ?? ''}" is too old, wanted "${minimumAgent.join('.')}"`;
  }
  // `Online` may be five minutes old and proves nothing; every other word is a host that lost its agent.
  return host.PingStatus === 'Online' ? null : `Agent is "${host.PingStatus ?? ''}", wanted "Online"`;
}

/** What Systems Manager knows of the servers, by id. */
export async function readManagedHosts(
  ssm: SSMClient,
  servers: readonly string[],
): Promise<Map<string, InstanceInformation>> {
  const readChunk = async (ids: string[]): Promise<InstanceInformation[]> => {
    const found: InstanceInformation[] = [];
    let next: string | undefined;
    do {
      const input = { Filters: [{ Key: 'InstanceIds', Values: ids }], MaxResults: idsPerCall };
      const page = await ssm.send(
        new DescribeInstanceInformationCommand(next === undefined ? input : { ...input, NextToken: next }),
      );
      found.push(...(page.InstanceInformationList ?? []));
      next = page.NextToken;
    } while (next !== undefined && next !== '');
    return found;
  };
  const hosts = await lookUp('Managed hosts', async () =>
    (await Promise.all(chunk(servers, idsPerCall).map(readChunk))).flat(),
  );
  return new Map(hosts.map((host) => [host.InstanceId ?? '', host]));
}

/** Part by part as numbers; a version in another form is not believed. */
function isNewEnough(version: string): boolean {
  if (!/^\d+(\.\d+){3}$/.test(version)) return false;
  const parts = version.split('.').map(Number);
  const index = parts.findIndex((part, at) => part !== minimumAgent[at]);
  return index === -1 || (parts[index] ?? 0) > (minimumAgent[index] ?? 0);
}
