import type { EC2Client } from '@aws-sdk/client-ec2';
import { tagKeys } from '../tags.ts';
import { describeInstances, toTags } from './ec2-reads.ts';

/** States in which a server no longer carries its service. */
const goneStates = new Set(['terminated', 'shutting-down']);

/**
 * The service each server names by its tag, by id, as EC2 knows them now. One read, a page for every 1000 tagged
 * servers. Throws LookupFailedError or ThrottledError.
 */
export async function describeServices(client: EC2Client): Promise<ReadonlyMap<string, string>> {
  const instances = await describeInstances(client, [tagKeys.service], 'tag-key');
  const named = instances.flatMap(({ InstanceId: id, State: state, Tags }): [string, string][] => {
    const service = toTags(Tags)[tagKeys.service];
    return id === undefined || service === undefined || goneStates.has(state?.Name ?? '') ? [] : [[id, service]];
  });
  return new Map(named);
}
