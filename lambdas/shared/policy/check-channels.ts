import { maxListCharacters } from '../host-address.ts';
import type { PolicyFault } from './policy-fault.ts';
import type { GoldenChannel } from './policy-schema.ts';

/** An interface takes 5 security groups by default: quarantine and four channels. */
const maxChannelsPerServer = 4;

/** A security group takes 60 rules a direction by default; a channel needs one rule for each peer and port. */
const maxRulesPerChannel = 60;

/** A host gets the channels of one server in one list, each with a blank behind it. */
const maxCharactersPerChannel = maxListCharacters / maxChannelsPerServer - 1;

/** Faults of golden channels that would show only in the moment of the cut: more groups, rules or text than is taken. */
export function checkChannels(channels: readonly GoldenChannel[]): PolicyFault[] {
  return [...checkRuleCounts(channels), ...checkLengths(channels), ...checkGroupCounts(channels)];
}

function checkRuleCounts(channels: readonly GoldenChannel[]): PolicyFault[] {
  return channels.flatMap(({ peers, ports }, index) => {
    const rules = peers.length * (ports?.length ?? 1);
    if (rules <= maxRulesPerChannel) return [];
    return [
      {
        path: `goldenChannels.${index}`,
        rule: `must have at most ${maxRulesPerChannel} peers times ports`,
        value: rules,
      },
    ];
  });
}

/** As the host document writes them: `out@<peer>@<port>`, one for each peer and port. */
function checkLengths(channels: readonly GoldenChannel[]): PolicyFault[] {
  return channels.flatMap(({ direction, peers, ports }, index) => {
    const entries = peers.flatMap((peer) => (ports ?? ['any']).map((port) => `${direction}@${peer}@${port}`));
    const { length } = entries.join(' ');
    if (length <= maxCharactersPerChannel) return [];
    const rule = `must take at most ${maxCharactersPerChannel} characters on a host`;
    return [{ path: `goldenChannels.${index}`, rule, value: length }];
  });
}

/** Only channels that choose by ids alone can be counted here: who carries a tag is known to EC2 only. */
function checkGroupCounts(channels: readonly GoldenChannel[]): PolicyFault[] {
  const holders = new Map<string, number>();
  return channels.flatMap(({ servers }, index) => {
    const byIdsAlone = servers.service === undefined && servers.profile === undefined && servers.tag === undefined;
    const ids = byIdsAlone ? new Set(servers.ids) : new Set<string>();
    return [...ids].flatMap((id) => {
      const count = (holders.get(id) ?? 0) + 1;
      holders.set(id, count);
      // Once a server: the fifth channel is the fault, the sixth is no other.
      if (count !== maxChannelsPerServer + 1) return [];
      const rule = `must not be more than ${maxChannelsPerServer} channels on one server`;
      return [{ path: `goldenChannels.${index}.servers.ids`, rule, value: id }];
    });
  });
}
