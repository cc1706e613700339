import { profiles } from '../contracts/incident.ts';
import { findLifeline, listLifelineKinds, type LifelineKind } from '../guard/find-lifeline.ts';
import { tagKeys } from '../tags.ts';
import type { Policy } from './policy-schema.ts';
import { matchesSelector, type SelectableServer } from './selectors.ts';

export type Profile = (typeof profiles)[number];

/** A server as EC2 describes it now. */
export interface ServerDescription {
  readonly id: string;
  /** EC2's word: `running`, `stopped`, `terminated` … */
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Groups of all interfaces, each once. */
  readonly securityGroups: readonly string[];
  /** Subnets of all interfaces, each once; left out: not known. */
  readonly subnets?: readonly string[];
  readonly interfaces: readonly { readonly id: string; readonly tags: Readonly<Record<string, string>> }[];
}

/** What the flowchart's questions are answered from: tags, with the policy over them. */
export interface ServerFacts extends SelectableServer {
  readonly profile: Profile;
  /** True when its service is defined as core business. */
  readonly coreBusiness: boolean;
  /** Why the server is a lifeline, in one sentence; null when it is none. */
  readonly lifeline: string | null;
  /** Empty when it is none. */
  readonly lifelineKinds: readonly LifelineKind[];
  readonly goldenChannels: readonly string[];
  readonly securityGroups: readonly string[];
  readonly subnets: readonly string[];
  /** What about the server could not be understood and needs a person; null when all is clear. */
  readonly doubt: string | null;
}

/** Joins what EC2 says now with the policy. Pure, so that the guard judges by the same facts in its own moment. */
export function readServerFacts(description: ServerDescription, policy: Policy): ServerFacts {
  const { id, state, tags, interfaces } = description;
  const service = readService(id, tags, policy);
  const { profile, doubt } = readProfile(id, tags, policy);
  const server = { id, tags, service, profile };
  // The guard's own reading, so that assessment and guard never differ about a lifeline.
  const signs = { server: id, state, tags, interfaces };
  const lifeline = findLifeline(signs, policy);
  return {
    ...server,
    coreBusiness: policy.services.some(({ name, coreBusiness }) => name === service && coreBusiness),
    lifeline,
    lifelineKinds: lifeline === null ? [] : listLifelineKinds(signs, policy),
    goldenChannels: policy.goldenChannels
      .filter((channel) => matchesSelector(channel.servers, server))
      .map(({ name }) => name),
    securityGroups: description.securityGroups,
    subnets: description.subnets ?? [],
    doubt,
  };
}

/** Names of servers that a service has, by tag and by policy; `tagged` is what EC2 knows: service tags by server. */
export function listServersOf(service: string, tagged: ReadonlyMap<string, string>, policy: Policy): string[] {
  const listed = [...policy.services.flatMap(({ servers = [] }) => servers), ...Object.keys(policy.servers)];
  return [...new Set([...tagged.keys(), ...listed])].filter((id) => {
    const tag = tagged.get(id);
    return readService(id, tag === undefined ? {} : { [tagKeys.service]: tag }, policy) === service;
  });
}

function readService(id: string, tags: ServerDescription['tags'], policy: Policy): string | null {
  const listed = policy.services.find(({ servers }) => servers?.includes(id))?.name;
  return readEntry(policy, id)?.service ?? listed ?? tags[tagKeys.service] ?? null;
}

function readProfile(
  id: string,
  tags: ServerDescription['tags'],
  policy: Policy,
): { profile: Profile; doubt: string | null } {
  const tagged = tags[tagKeys.profile];
  const stated = readEntry(policy, id)?.profile ?? tagged;
  if (stated === undefined) return { profile: 'general', doubt: null };
  const known = profiles.find((profile) => profile === stated);
  if (known !== undefined) return { profile: known, doubt: null };
  return {
    profile: 'general',
    doubt: `Tag ${tagKeys.profile}="${stated}" is no profile: its red lines are not known`,
  };
}

function readEntry(policy: Policy, id: string): Policy['servers'][string] | undefined {
  return Object.hasOwn(policy.servers, id) ? policy.servers[id] : undefined;
}
