// Tries, inside fresh namespaces, everything the real hosts need, and says on stdout what failed.
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { buildRouter } from './network.ts';
import { runTool } from './run-tool.ts';

const rules = `table inet probe {
  set timer { type nf_proto; flags timeout; elements = { ipv4 timeout 9s }; }
  chain prerouting {
    type filter hook prerouting priority -310; policy accept;
    meta nfproto @timer tcp dport 9 reject with tcp reset
  }
  chain forward {
    type filter hook forward priority 0; policy accept;
    ct state established accept
  }
}
`;

/** Opens one loopback connection and destroys it: shows rights, tcp_diag and INET_DIAG_DESTROY at once. */
async function destroyOneSocket(): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1');
  await new Promise((resolve, reject) => client.once('connect', resolve).once('error', reject));
  const broken = new Promise((resolve) => client.once('error', resolve));
  await runTool(['ss', '-tnHK', 'state', 'established', `dport = :${port}`]);
  const late = new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('the kernel does not destroy sockets (SOCK_DESTROY)')), 1000);
  });
  await Promise.race([broken, late]);
}

const steps = [
  ['namespaces', buildRouter],
  ['nft', () => runTool(['nft', '-f', '-'], { input: rules })],
  ['socket destruction', destroyOneSocket],
] as const;

let reason = '';
for (const [name, step] of steps) {
  try {
    await step();
  } catch (cause) {
    reason = `${name}: ${cause instanceof Error ? cause.message : String(cause)}`;
    break;
  }
}
process.stdout.write(`${JSON.stringify({ reason })}\n`, () => process.exit(0));
