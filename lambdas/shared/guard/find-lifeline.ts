import { lifelineKinds } from '../contracts/incident.ts';
import type { Policy, Selector } from '../policy/policy-schema.ts';
import { tagKeys } from '../tags.ts';

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** What can make a server a lifeline. */
export interface LifelineSigns {
  readonly server: string;
  readonly state: string;
  readonly tags: Tags;
  readonly interfaces: readonly { readonly id: string; readonly tags: Tags }[];
}

/**
 * Says why a server is a lifeline, or null. Reads wide on purpose: a service or profile counts by the tag and by the
 * policy alike, and any value of the lifeline tag protects, even a misspelt one.
 */
export function findLifeline(signs: LifelineSigns, policy: Policy): string | null {
  const tag = signs.tags[tagKeys.lifeline];
  if (tag !== undefined) return `Lifeline by its tag "${tagKeys.lifeline}=${tag}"`;
  const tagged = signs.interfaces.find(({ tags }) => tags[tagKeys.lifeline] !== undefined);
  if (tagged !== undefined) return `Lifeline by the tag "${tagKeys.lifeline}" of its interface "${tagged.id}"`;
  const [listed] = listLifelines(signs, policy);
  return listed === undefined ? null : `Lifeline "${listed.name}" (${listed.kind}) of the policy`;
}

export type LifelineKind = (typeof lifelineKinds)[number];

/** What kinds of lifeline a lifeline is. A tag that names no known kind may mean any of them. */
export function listLifelineKinds(signs: LifelineSigns, policy: Policy): LifelineKind[] {
  const tagged = [signs.tags, ...signs.interfaces.map(({ tags }) => tags)].map((tags) => tags[tagKeys.lifeline]);
  const named = new Set([...tagged, ...listLifelines(signs, policy).map(({ kind }) => kind)]);
  const known = lifelineKinds.filter((kind) => named.has(kind));
  return known.length === 0 ? [...lifelineKinds] : known;
}

/** The policy's own entries about a server. */
export function listLifelines(signs: LifelineSigns, policy: Policy): Policy['lifelines'] {
  return policy.lifelines.filter(({ servers }) => isSelected(signs, servers, policy));
}

/** Every given field must match; one that is not given does not count. */
function isSelected(signs: LifelineSigns, selector: Selector, policy: Policy): boolean {
  const { ids, service, profile, tag } = selector;
  return (
    (ids === undefined || ids.includes(signs.server)) &&
    (service === undefined || servicesOf(signs, policy).includes(service)) &&
    (profile === undefined || profilesOf(signs, policy).includes(profile)) &&
    (tag === undefined || signs.tags[tag.key] === tag.value) &&
    // The schema should refuse a selector that chooses nothing; here it must not choose everything either.
    [ids, service, profile, tag].some((field) => field !== undefined)
  );
}

function servicesOf({ server, tags }: LifelineSigns, policy: Policy): (string | undefined)[] {
  const listing = policy.services.filter(({ servers }) => servers?.includes(server)).map(({ name }) => name);
  return [...listing, policy.servers[server]?.service, tags[tagKeys.service]];
}

function profilesOf({ server, tags }: LifelineSigns, policy: Policy): (string | undefined)[] {
  const named = [policy.servers[server]?.profile, tags[tagKeys.profile]];
  return named.every((profile) => profile === undefined) ? ['general'] : named;
}
