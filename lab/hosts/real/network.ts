import { mkdir, writeFile } from 'node:fs/promises';
import { runTool } from './run-tool.ts';

/** Name of the namespace that holds every peer which is not itself a server of the lab. */
export const peersNamespace = 'peers';

// The router answers at these on every link, as a VPC's router does; link-local, so no lab address can collide.
const gateway4 = '169.254.1.1';
const gateway6 = 'fe80::1';

/** Makes this process's network namespace the router of an empty world. */
export async function buildRouter(): Promise<void> {
  // Named namespaces live below /run, which belongs to the machine: this world gets its own.
  await runTool(['mount', '-t', 'tmpfs', 'tmpfs', '/run']);
  await mkdir('/run/netns');
  await runTool(['ip', 'link', 'set', 'lo', 'up']);
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  await writeFile('/proc/sys/net/ipv6/conf/all/forwarding', '1').catch(() => {}); // a machine without IPv6
  await addNamespace(peersNamespace, []);
}

/** Adds a namespace with one link to the router and its addresses. */
export async function addNamespace(namespace: string, addresses: readonly string[]): Promise<void> {
  const link = linkOf(namespace);
  await runTool(['ip', 'netns', 'add', namespace]);
  await runTool(['ip', '-batch', '-'], {
    input: lines([
      `link add ${link} type veth peer name eth0 netns ${namespace}`,
      `address add ${gateway4}/32 dev ${link}`,
      `link set ${link} up`,
    ]),
  });
  await runTool(['ip', '-batch', '-'], {
    namespace,
    input: lines([
      'link set lo up',
      'link set eth0 up',
      `route add ${gateway4} dev eth0`,
      `route add default via ${gateway4} dev eth0`,
    ]),
  });
  await addAddresses(namespace, addresses);
}

/** Gives a namespace more addresses and routes them to it. */
export async function addAddresses(namespace: string, addresses: readonly string[]): Promise<void> {
  if (addresses.length === 0) return;
  const link = linkOf(namespace);
  const hasIpv6 = addresses.some(isIpv6);
  // Both sides know each other's addresses beforehand: no waiting for duplicate address detection.
  await runTool(['ip', '-batch', '-'], {
    namespace,
    input: lines([
      ...addresses.map((address) =>
        isIpv6(address) ? `address replace ${address}/128 dev eth0 nodad` : `address replace ${address}/32 dev eth0`,
      ),
      ...(hasIpv6 ? [`route replace default via ${gateway6} dev eth0`] : []),
    ]),
  });
  await runTool(['ip', '-batch', '-'], {
    input: lines([
      ...(hasIpv6 ? [`address replace ${gateway6}/64 dev ${link} nodad`] : []),
      ...addresses.map((address) => `route replace ${address} dev ${link}`),
    ]),
  });
}

/** Takes an address away from a namespace, for the server that now owns it. */
export async function removeAddress(namespace: string, address: string): Promise<void> {
  const width = isIpv6(address) ? 128 : 32;
  await runTool(['ip', 'address', 'del', `${address}/${width}`, 'dev', 'eth0'], { namespace });
}

/** Says whether an address is of the newer family. */
export function isIpv6(address: string): boolean {
  return address.includes(':');
}

// Interface names end at 15 characters; namespace names are short by construction.
function linkOf(namespace: string): string {
  return `to-${namespace}`;
}

function lines(commands: readonly string[]): string {
  return `${commands.join('\n')}\n`;
}
