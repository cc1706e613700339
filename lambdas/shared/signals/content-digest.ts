import { sha256Hex, toCanonicalJson } from '../canonical-json.ts';
import type { Signal } from '../contracts/signal.ts';

/** What of a signal of our own decides about the cut. */
type DecidingContent = Pick<
  Signal,
  'servers' | 'kind' | 'remoteAddresses' | 'localPorts' | 'measure' | 'breakGlass' | 'expiresInMinutes' | 'border'
>;

/**
 * Digest of what decides, for the identity of events whose id their sender chooses: the same id with other servers, for
 * example, is another incident and not a repeat. The order of lists, the reason and the times do not count.
 */
export function digestContent(content: DecidingContent): string {
  const { servers, kind, remoteAddresses, localPorts, measure, breakGlass, expiresInMinutes, border } = content;
  const lists = [servers, remoteAddresses, localPorts.map(String)].map((list) => [...list].sort());
  // Only where one is given: the identities of all other events stay what they were.
  const terms = breakGlass === undefined && expiresInMinutes === undefined ? [] : [{ breakGlass, expiresInMinutes }];
  const borders = border === undefined ? [] : [{ border }];
  return sha256Hex(toCanonicalJson([kind, lists, measure, ...terms, ...borders])).slice(0, 16);
}
