import type { Selector } from './policy-schema.ts';

/** What a selector can ask of a server. */
export interface SelectableServer {
  readonly id: string;
  readonly profile: string;
  readonly service: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** True when every given field matches. A selector without fields matches nothing; the policy check refuses it anyway. */
export function matchesSelector(selector: Selector, server: SelectableServer): boolean {
  const { ids, service, profile, tag } = selector;
  const asked = [
    ids === undefined ? undefined : ids.includes(server.id),
    service === undefined ? undefined : server.service === service,
    profile === undefined ? undefined : server.profile === profile,
    tag === undefined ? undefined : server.tags[tag.key] === tag.value,
  ].filter((answer) => answer !== undefined);
  return asked.length > 0 && asked.every(Boolean);
}
