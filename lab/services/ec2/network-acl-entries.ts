import ipaddr from 'ipaddr.js';
import * as z from 'zod/mini';
import { ServiceError, refuseUnsupported } from '../wire/service-error.ts';
import type { Operation } from '../wire/service.ts';
import { findNetworkAcl } from './find.ts';
import type { NetworkAcl, NetworkAclEntry } from './model.ts';
import { defineChange } from './operation.ts';
import type { Ec2Desk } from './operation.ts';

/** The last rule, which AWS puts into every ACL and nobody can take out. */
export const lastRuleNumber = 32_767;
/** Default quota per direction, without the last rule. */
const mostEntries = 20;
const whole = z.pipe(z.string().check(z.regex(/^-?\d{1,5}$/)), z.transform(Number));

const entryShape = {
  NetworkAclId: z.string(),
  RuleNumber: whole,
  Protocol: z.string(),
  RuleAction: z.enum(['allow', 'deny']),
  Egress: z.enum(['true', 'false']),
  CidrBlock: z.optional(z.string()),
  Ipv6CidrBlock: z.optional(z.string()),
  PortRange: z.optional(z.strictObject({ From: whole, To: whole })),
  Icmp: z.optional(z.strictObject({ Code: whole, Type: whole })),
};
const entrySchema = z.strictObject(entryShape);

/** Entries of network ACLs. */
export function defineAclEntries(desk: Ec2Desk): Readonly<Record<string, Operation>> {
  return {
    CreateNetworkAclEntry: createEntry(desk),
    ReplaceNetworkAclEntry: replaceEntry(desk),
    DeleteNetworkAclEntry: deleteEntry(desk),
  };
}

function createEntry(desk: Ec2Desk): Operation {
  return defineChange(desk, entryShape, (input) => {
    const acl = findNetworkAcl(desk.model, input.NetworkAclId);
    const entry = readEntry(input);
    if (findEntry(acl, entry) !== undefined) {
      const message = `The network acl entry identified by ${entry.ruleNumber} already exists.`;
      throw new ServiceError('NetworkAclEntryAlreadyExists', message);
    }
    const others = acl.entries.filter(
      ({ egress, ruleNumber }) => egress === entry.egress && ruleNumber < lastRuleNumber,
    );
    if (others.length >= mostEntries) {
      throw new ServiceError('NetworkAclEntryLimitExceeded', `At most ${mostEntries} entries per direction`);
    }
    return () => {
      acl.entries = [...acl.entries, entry];
      return { return: true };
    };
  });
}

function replaceEntry(desk: Ec2Desk): Operation {
  return defineChange(desk, entryShape, (input) => {
    const acl = findNetworkAcl(desk.model, input.NetworkAclId);
    const entry = readEntry(input);
    const known = requireEntry(acl, entry);
    return () => {
      acl.entries = acl.entries.map((other) => (other === known ? entry : other));
      return { return: true };
    };
  });
}

function deleteEntry(desk: Ec2Desk): Operation {
  const { NetworkAclId, RuleNumber, Egress } = entryShape;
  return defineChange(desk, { NetworkAclId, RuleNumber, Egress }, (input) => {
    const acl = findNetworkAcl(desk.model, input.NetworkAclId);
    checkNumber(input.RuleNumber);
    const known = requireEntry(acl, { ruleNumber: input.RuleNumber, egress: input.Egress === 'true' });
    return () => {
      acl.entries = acl.entries.filter((other) => other !== known);
      return { return: true };
    };
  });
}

type EntryPlace = Pick<NetworkAclEntry, 'ruleNumber' | 'egress'>;

function findEntry({ entries }: NetworkAcl, { ruleNumber, egress }: EntryPlace): NetworkAclEntry | undefined {
  return entries.find((entry) => entry.ruleNumber === ruleNumber && entry.egress === egress);
}

function requireEntry(acl: NetworkAcl, place: EntryPlace): NetworkAclEntry {
  const entry = findEntry(acl, place);
  if (entry !== undefined) return entry;
  const message = `The network acl entry identified by rule number ${place.ruleNumber} does not exist`;
  throw new ServiceError('InvalidNetworkAclEntry.NotFound', message);
}

function checkNumber(ruleNumber: number): void {
  if (ruleNumber >= 1 && ruleNumber < lastRuleNumber) return;
  throw new ServiceError('InvalidParameterValue', `Rule number must be between 1 and 32766, received '${ruleNumber}'`);
}

function readEntry(input: z.output<typeof entrySchema>): NetworkAclEntry {
  const { RuleNumber: ruleNumber, RuleAction: action, PortRange } = input;
  checkNumber(ruleNumber);
  const protocol = readProtocol(input.Protocol);
  const hasPorts = protocol === 'tcp' || protocol === 'udp';
  if (hasPorts && PortRange === undefined) throw new ServiceError('MissingParameter', 'TCP and UDP need a port range');
  if (protocol === 'icmp') checkIcmp(input.Icmp);
  const { From: fromPort, To: toPort } = hasPorts && PortRange !== undefined ? PortRange : { From: -1, To: -1 };
  if (hasPorts && (fromPort < 0 || toPort > 65_535 || fromPort > toPort)) {
    throw new ServiceError('InvalidParameterValue', `Invalid TCP/UDP port range (${fromPort}:${toPort})`);
  }
  return { ruleNumber, egress: input.Egress === 'true', action, protocol, fromPort, toPort, cidr: readCidr(input) };
}

/** The lab's fabric knows ICMP as a whole only. */
function checkIcmp(icmp: { readonly Code: number; readonly Type: number } | undefined): void {
  if (icmp === undefined) throw new ServiceError('MissingParameter', 'ICMP needs type and code');
  if (icmp.Type !== -1) refuseUnsupported('EC2', 'network ACL entries', `ICMP type '${icmp.Type}'`);
}

const protocolNames: Readonly<Record<string, NetworkAclEntry['protocol']>> = {
  '-1': '-1',
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  icmp: 'icmp',
  tcp: 'tcp',
  udp: 'udp',
};

function readProtocol(text: string): NetworkAclEntry['protocol'] {
  const protocol = protocolNames[text];
  if (protocol !== undefined) return protocol;
  throw new ServiceError('InvalidParameterValue', `Invalid value '${text}' for protocol, or not known to the lab`);
}

/** AWS keeps the canonical form: bits behind the prefix are cleared. */
function readCidr({
  CidrBlock,
  Ipv6CidrBlock,
}: Pick<z.output<typeof entrySchema>, 'CidrBlock' | 'Ipv6CidrBlock'>): string {
  const given = CidrBlock ?? Ipv6CidrBlock;
  if (given === undefined || (CidrBlock !== undefined && Ipv6CidrBlock !== undefined)) {
    throw new ServiceError('MissingParameter', 'Exactly one of CidrBlock and Ipv6CidrBlock must be given');
  }
  if (!ipaddr.isValidCIDR(given)) {
    throw new ServiceError('InvalidParameterValue', `Value (${given}) for parameter cidrBlock is invalid.`);
  }
  const [address, prefix] = ipaddr.parseCIDR(given);
  const network =
    address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(given) : ipaddr.IPv6.networkAddressFromCIDR(given);
  return `${network.toString()}/${prefix}`;
}
