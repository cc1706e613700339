import type { EC2Client, Instance, NetworkInterface } from '@aws-sdk/client-ec2';
import type { ServerDescription } from '../policy/server-facts.ts';
import { describeInstances, describeInterfaces, toTags } from './ec2-reads.ts';

/**
 * Describes the servers as EC2 knows them now; those it does not know are left out. One read depth: instances do not
 * tell the tags of their interfaces, so both are read in parallel. Throws LookupFailedError or ThrottledError.
 */
export async function describeServers(client: EC2Client, ids: readonly string[]): Promise<ServerDescription[]> {
  const [instances, interfaces] = await Promise.all([
    describeInstances(client, ids),
    describeInterfaces(client, 'attachment.instance-id', ids),
  ]);
  return instances.flatMap((instance) =>
    toDescription(
      instance,
      interfaces.filter(({ Attachment }) => Attachment?.InstanceId === instance.InstanceId),
    ),
  );
}

function toDescription(instance: Instance, interfaces: readonly NetworkInterface[]): ServerDescription[] {
  const { InstanceId: id, State: state } = instance;
  // Without id or state nothing is known about it: left out, it counts as not found and is never cut.
  if (id === undefined || state?.Name === undefined) return [];
  const groups = interfaces.flatMap(({ Groups }) => Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
  return [
    {
      id,
      state: state.Name,
      tags: toTags(instance.Tags),
      securityGroups: [...new Set(groups)].sort(),
      subnets: [...new Set(interfaces.flatMap(({ SubnetId }) => SubnetId ?? []))].sort(),
      interfaces: interfaces.map(({ NetworkInterfaceId = '', TagSet }) => ({
        id: NetworkInterfaceId,
        tags: toTags(TagSet),
      })),
    },
  ];
}
