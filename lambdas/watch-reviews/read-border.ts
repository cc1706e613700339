import { GetManagedPrefixListEntriesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { lookUp } from '../shared/clients/aws-errors.ts';
import { isHostCidr, toHostAddress } from '../shared/host-address.ts';
import type { Border } from '../shared/policy/border-schema.ts';
import type { NamedPeer } from '../shared/reviews/review.ts';
import { distinct } from '../shared/signals/instance-ids.ts';

/** Everything beyond a border, each once and in one order, so that two watches plan alike. */
export interface BorderPeers {
  readonly peers: readonly string[];
  /** What no host's firewall can be given: it stays open, and somebody has to hear of it. */
  readonly strange: readonly string[];
}

/** Reads what a border's prefix lists hold now. Throws LookupFailedError or ThrottledError: half a border is none. */
export async function readBorder(ec2: EC2Client, border: Border, named: readonly NamedPeer[]): Promise<BorderPeers> {
  const lists = await Promise.all(border.prefixLists.map(async (id) => readPrefixList(ec2, id)));
  const all = distinct([...border.cidrs, ...lists.flat(), ...named.map(({ address }) => address)].map(toHostAddress));
  return { peers: all.filter(isHostCidr).sort(), strange: all.filter((one) => !isHostCidr(one)) };
}

async function readPrefixList(ec2: EC2Client, id: string): Promise<string[]> {
  return lookUp(`Prefix list "${id}"`, async () => {
    const found: string[] = [];
    let next: string | undefined;
    do {
      const page = await ec2.send(
        new GetManagedPrefixListEntriesCommand({
          PrefixListId: id,
          MaxResults: 100,
          ...(next !== undefined && { NextToken: next }),
        }),
      );
      found.push(...(page.Entries ?? []).flatMap(({ Cidr }) => Cidr ?? []));
      next = page.NextToken;
    } while (next !== undefined && next !== '');
    return found;
  });
}
