import { readServerFacts, type ServerDescription, type ServerFacts } from '../../lambdas/shared/policy/server-facts.ts';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { buildPolicy } from './policy.ts';

/** A running server without tags. */
export function buildDescription(over: Partial<ServerDescription> = {}): ServerDescription {
  return {
    id: 'i-0b0c0d0e0f00000a1',
    state: 'running',
    tags: {},
    securityGroups: ['sg-0b0c0d0e0f000001'],
    interfaces: [{ id: 'eni-0b0c0d0e0f00000a1', tags: {} }],
    ...over,
  };
}

/** The facts of a server with these tags, by the short names of the fuse's own tags. */
export function buildFacts(tags: Readonly<Record<string, string>> = {}, policy: Policy = buildPolicy()): ServerFacts {
  return readServerFacts(buildDescription({ tags: fuseTags(tags) }), policy);
}

/** `{ profile: 'trading' }` becomes `{ 'connection-fuse:profile': 'trading' }`. */
export function fuseTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`connection-fuse:${key}`, value]));
}
