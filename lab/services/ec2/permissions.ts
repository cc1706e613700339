import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { Ec2Model, RulePeer, RuleSpec } from './model.ts';

const text = z.optional(z.string());

/** `IpPermissions` on the wire: one entry may name many peers, each becomes a rule of its own. */
export const permissionsSchema = z.array(
  z.strictObject({
    IpProtocol: z.string(),
    FromPort: text,
    ToPort: text,
    Groups: z.optional(z.array(z.strictObject({ GroupId: z.string(), Description: text, UserId: text }))),
    IpRanges: z.optional(z.array(z.strictObject({ CidrIp: z.string(), Description: text }))),
    Ipv6Ranges: z.optional(z.array(z.strictObject({ CidrIpv6: z.string(), Description: text }))),
    PrefixListIds: z.optional(z.array(z.strictObject({ PrefixListId: z.string(), Description: text }))),
  }),
);

type Permission = z.output<typeof permissionsSchema>[number];

/** Names by which EC2 answers what may be asked by number. */
const protocolNames: Readonly<Record<string, string>> = {
  '6': 'tcp',
  '17': 'udp',
  '1': 'icmp',
  '58': 'icmpv6',
  all: '-1',
};

/** Turns permissions into rules, refusing what EC2 refuses: bad protocols, ports, CIDRs and doubled entries. */
export function toRuleSpecs(
  model: Ec2Model,
  permissions: readonly Permission[],
  isEgress: boolean,
): readonly RuleSpec[] {
  const specs = permissions.flatMap((permission) => {
    const head = { isEgress, ...toPortRange(permission) };
    const peers = listPeers(model, permission);
    if (peers.length === 0) throw invalid('The permission names no peer: give ranges, groups or prefix lists');
    return peers.map((peer) => ({ ...head, ...peer }));
  });
  if (new Set(specs.map(describeSpec)).size < specs.length) {
    throw invalid('The same permission must not appear multiple times');
  }
  return specs;
}

/** Two rules are the same rule when protocol, ports, direction and peer agree; descriptions do not count. */
export function describeSpec(spec: RuleSpec): string {
  const { peer } = spec;
  const target = peer.kind === 'group' ? peer.groupId : peer.kind === 'prefix-list' ? peer.prefixListId : peer.cidr;
  const direction = spec.isEgress ? 'egress' : 'ingress';
  return `peer: ${target}, ${spec.ipProtocol.toUpperCase()}, from port: ${spec.fromPort}, to port: ${spec.toPort}, ${direction}`;
}

/** Every peer an entry names; each kind is checked as EC2 does. */
function listPeers(
  model: Ec2Model,
  permission: Permission,
): readonly { readonly peer: RulePeer; readonly description: string | undefined }[] {
  return [
    ...(permission.IpRanges ?? []).map(({ CidrIp, Description }) => ({
      peer: { kind: 'ipv4', cidr: toCanonicalCidr(CidrIp, 4) } as const,
      description: Description,
    })),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => ({
      peer: { kind: 'ipv6', cidr: toCanonicalCidr(CidrIpv6, 6) } as const,
      description: Description,
    })),
    ...(permission.PrefixListIds ?? []).map(({ PrefixListId, Description }) => {
      if (!model.prefixLists.has(PrefixListId)) {
        throw new ServiceError('InvalidPrefixListID.NotFound', `The prefix list ID '${PrefixListId}' does not exist`);
      }
      return { peer: { kind: 'prefix-list', prefixListId: PrefixListId } as const, description: Description };
    }),
    ...(permission.Groups ?? []).map(({ GroupId, Description, UserId }) => {
      if (!model.securityGroups.has(GroupId) || (UserId ?? model.accountId) !== model.accountId) {
        throw new ServiceError('InvalidGroup.NotFound', `The security group '${GroupId}' does not exist`);
      }
      return { peer: { kind: 'group', groupId: GroupId } as const, description: Description };
    }),
  ];
}

/** ICMP keeps type and code where ports stand; protocols by number have no ports at all. */
function toPortRange(permission: Permission): Pick<RuleSpec, 'ipProtocol' | 'fromPort' | 'toPort'> {
  const ipProtocol = protocolNames[permission.IpProtocol] ?? permission.IpProtocol;
  if (ipProtocol === '-1') return { ipProtocol, fromPort: -1, toPort: -1 };
  const isIcmp = ipProtocol === 'icmp' || ipProtocol === 'icmpv6';
  if (!isIcmp && ipProtocol !== 'tcp' && ipProtocol !== 'udp') {
    if (/^\d{1,3}$/.test(ipProtocol) && Number(ipProtocol) < 256) return { ipProtocol, fromPort: -1, toPort: -1 };
    throw new ServiceError('InvalidPermission.Malformed', `Unsupported IP protocol "${permission.IpProtocol}"`);
  }
  const [fromPort, toPort] = [parsePort(permission.FromPort), parsePort(permission.ToPort)];
  const isInOrder = isIcmp || (fromPort >= 0 && toPort >= fromPort);
  if (isInOrder) return { ipProtocol, fromPort, toPort };
  throw invalid(`Invalid ${ipProtocol.toUpperCase()} port range ('${fromPort}' to '${toPort}')`);
}

function parsePort(value: string | undefined): number {
  if (value === undefined) throw new ServiceError('MissingParameter', 'The request must contain fromPort and toPort');
  const port = Number(value);
  if (Number.isInteger(port) && port >= -1 && port <= 65_535) return port;
  throw invalid(`Invalid value '${value}' for portRange`);
}

/** EC2 clears the host bits of a range, so `10.1.2.3/8` is stored as `10.0.0.0/8`. */
function toCanonicalCidr(cidr: string, family: 4 | 6): string {
  const [address = '', bits = ''] = cidr.split('/');
  const widest = family === 4 ? 32 : 128;
  if (isIP(address) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > widest) {
    throw invalid(`CIDR block ${cidr} is malformed`);
  }
  return family === 4
    ? `${ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()}/${bits}`
    : `${ipaddr.IPv6.networkAddressFromCIDR(cidr).toRFC5952String()}/${bits}`;
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
