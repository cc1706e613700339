import { BlockList, isIPv6 } from 'node:net';
import type { SecurityGroupRule } from '../../lab/services/ec2/model.ts';

/** One packet that opens a connection, seen from an interface. */
export interface Packet {
  readonly isEgress: boolean;
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

/** Inside and outside of every range and port that generated rules speak of. */
const addresses = [
  '8.8.8.8',
  '10.1.1.1',
  '10.0.9.5',
  '10.20.1.1',
  '10.20.200.1',
  '203.0.113.7',
  '203.0.113.8',
  '2001:db8::1',
];
const ports = [22, 443, 5432, 8080, 8500, 9999];

export const packets: readonly Packet[] = [true, false].flatMap((isEgress) =>
  ['tcp', 'udp', '47'].flatMap((protocol) =>
    addresses.flatMap((address) => ports.map((port) => ({ isEgress, protocol, address, port }))),
  ),
);

const ranges = new Map<string, BlockList>();

/** Whether an address lies in a range: by Node's own reading, not by ours. */
export function isIn(address: string, cidr: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const range = ranges.get(cidr) ?? new BlockList();
  if (!ranges.has(cidr)) range.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
  ranges.set(cidr, range);
  return isIPv6(address) === isIPv6(network) && range.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function admits({ isEgress, ipProtocol, fromPort, toPort, peer }: SecurityGroupRule, packet: Packet): boolean {
  return (
    isEgress === packet.isEgress &&
    (ipProtocol === '-1' || ipProtocol === packet.protocol) &&
    (ipProtocol === '-1' || fromPort === -1 || (fromPort <= packet.port && packet.port <= toPort)) &&
    'cidr' in peer &&
    isIn(packet.address, peer.cidr)
  );
}

/** Which of the packets any of the rules lets through. */
export function listAdmitted(rules: readonly SecurityGroupRule[]): ReadonlySet<Packet> {
  return new Set(packets.filter((packet) => rules.some((rule) => admits(rule, packet))));
}
