import type { EC2Client } from '@aws-sdk/client-ec2';
import { describeServers } from '../shared/clients/describe-servers.ts';
import { describeInstances, toTags } from '../shared/clients/ec2-reads.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { readServerFacts, type ServerDescription } from '../shared/policy/server-facts.ts';
import { tagKeys } from '../shared/tags.ts';

/** A server of profile logistics that may be asked for its zones. */
export interface WatchedServer {
  readonly server: string;
  readonly service: string;
}

/** Who is watched, and of whom nothing can be said, with the reason. */
export interface Watched {
  readonly servers: readonly WatchedServer[];
  readonly unknown: ReadonlyMap<string, string>;
}

/** Every server that its tag or the policy puts into profile logistics, as EC2 describes it now. */
export async function describeLogistics(ec2: EC2Client, policy: Policy): Promise<ServerDescription[]> {
  const tagged = await describeInstances(ec2, [tagKeys.profile], 'tag-key');
  const byTag = tagged.filter(({ Tags }) => toTags(Tags)[tagKeys.profile] === 'logistics');
  const listed = Object.entries(policy.servers).filter(([, { profile }]) => profile === 'logistics');
  const ids = [...byTag.flatMap(({ InstanceId }) => InstanceId ?? []), ...listed.map(([id]) => id)];
  return ids.length === 0 ? [] : describeServers(ec2, [...new Set(ids)].sort());
}

/**
 * Sorts out whom to ask. Zones are compared within a service, so a server without one cannot be judged; a lifeline is
 * not touched, not even to read. Servers that do not run have no sessions. Pure.
 */
export function findWatched(descriptions: readonly ServerDescription[], policy: Policy): Watched {
  const servers: WatchedServer[] = [];
  const unknown = new Map<string, string>();
  for (const description of descriptions) {
    const { id, profile, service, lifeline } = readServerFacts(description, policy);
    if (profile !== 'logistics' || description.state !== 'running') continue;
    if (lifeline !== null) unknown.set(id, `Lifeline, not asked: ${lifeline}`);
    else if (service === null)
      unknown.set(id, `No service, by tag ${tagKeys.service} or policy: nothing to compare with`);
    else servers.push({ server: id, service });
  }
  return { servers, unknown };
}
