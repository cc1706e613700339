import type { PeerSpec } from '../host-world.ts';
import type { LinkSpec } from './traffic-link.ts';

/** A peer of a server and the link that carries its connections. */
export interface PeerLink {
  readonly link: LinkSpec;
  readonly peer: PeerSpec;
}

export function keysOf(links: readonly PeerLink[]): string[] {
  return links.map(({ link }) => link.key);
}

/** Whose dials show a block: a zombie dials nobody, so that its packets come to nothing is none. Default: all others'. */
export function dials({ name, golden, zombie }: PeerSpec, named?: readonly string[]): boolean {
  return !golden && zombie !== true && (named === undefined || named.includes(name));
}
