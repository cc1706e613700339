import type { EC2Client } from '@aws-sdk/client-ec2';
import { describeServers } from '../shared/clients/describe-servers.ts';
import { describeInstances, toTags } from '../shared/clients/ec2-reads.ts';
import { readServerFacts, type ServerFacts } from '../shared/policy/server-facts.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import type { ServerInScope } from '../shared/reviews/plan-locks.ts';
import type { ReviewScope } from '../shared/reviews/review-event.ts';

/** Those of an event alone, or all there are. */
export type Candidates = readonly string[] | 'all';

/**
 * The running servers in a scope. A stopped one has no connections and takes no command: it is found when it starts.
 * Tags are read now and the policy stands over them, as everywhere. Throws LookupFailedError or ThrottledError.
 */
export async function findServers(
  ec2: EC2Client,
  policy: Policy,
  scope: ReviewScope,
  candidates: Candidates,
): Promise<ServerInScope[]> {
  const ids = await listCandidates(ec2, policy, scope, candidates);
  const described = ids.length === 0 ? [] : await describeServers(ec2, ids);
  return described
    .filter(({ state }) => state === 'running')
    .map((description) => readServerFacts(description, policy))
    .filter((facts) => isInScope(facts, scope))
    .map(({ id, lifeline }) => ({ id, isLifeline: lifeline !== null }));
}

/** By the instances' own tags first: only for those in scope the interfaces are read as well. */
async function listCandidates(
  ec2: EC2Client,
  policy: Policy,
  scope: ReviewScope,
  candidates: Candidates,
): Promise<string[]> {
  const { servers } = scope;
  if (candidates !== 'all') return candidates.filter((id) => servers?.includes(id) ?? true);
  if (servers !== undefined) return servers;
  const running = await describeInstances(ec2, ['running'], 'instance-state-name');
  return running.flatMap(({ InstanceId: id, Tags }) => {
    if (id === undefined) return [];
    const description = { id, state: 'running', tags: toTags(Tags), securityGroups: [], interfaces: [] };
    return isInScope(readServerFacts(description, policy), scope) ? [id] : [];
  });
}

function isInScope(facts: ServerFacts, { service, profile, servers }: ReviewScope): boolean {
  if (servers !== undefined) return servers.includes(facts.id);
  return service === undefined ? facts.profile === profile : facts.service === service;
}
