import { isHostCidr } from '../shared/host-address.ts';
import { findCountry, readLocations } from '../shared/reviews/find-named-peers.ts';
import type { Review } from '../shared/reviews/review.ts';
import { ReviewNotWatchedError } from './errors.ts';
import { findServers } from './find-servers.ts';
import type { WatchTools } from './watch-reviews.ts';

/**
 * Records the addresses of a finding that lie in a country beyond the border of an open review, where the finding is
 * about a server in its scope; returns the reviews that have to look at their border again. An address of which no
 * country is known is left alone: nobody can say that it lies beyond.
 */
export async function nameForeignPeers(
  detail: unknown,
  open: readonly Review[],
  { policy, register, ec2, now }: Pick<WatchTools, 'policy' | 'register' | 'ec2' | 'now'>,
): Promise<Review[]> {
  const finding = readLocations(detail);
  if (finding === null) return [];
  const concerned: Review[] = [];
  for (const review of open) {
    const { name, border, scope } = review.opening;
    const countries = policy.borders.find((one) => one.name === border)?.countries ?? [];
    const foreign = finding.peers.flatMap((peer) => {
      const country = findCountry(peer, countries);
      return country === null ? [] : [{ address: peer.address, country }];
    });
    if (foreign.length === 0) continue;
    const [server] = await findServers(ec2, policy, scope, finding.servers);
    if (server === undefined) continue;
    for (const { address, country } of foreign) {
      if (!isHostCidr(address)) throw new ReviewNotWatchedError(`No host's firewall takes "${address}" in ${country}`);
      await register.putNamedPeer(name, { address, country, server: server.id, finding: finding.id, at: now() });
    }
    concerned.push(review);
  }
  return concerned;
}
