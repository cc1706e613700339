import { killConnectionsScript } from '../../documents/kill-connections.ts';
import { releaseConnectionsScript } from '../../documents/release-connections.ts';
import { createHostWorld, detectRealHosts } from '../../lab/hosts/create-host-world.ts';
import type { CommandResult, HostWorld, PeerSpec } from '../../lab/hosts/host-world.ts';

/** Whether kernel tests can run here; the reason is printed once per file that skips. */
export const realHosts = await detectRealHosts();
if (!realHosts.possible) console.warn(`Tests on real hosts are skipped: ${realHosts.reason}`);

/** Name of the server every test of this folder talks to. */
export const instanceId = 'i-0000000000000001a';

/** The verdict of a document, as far as tests look at it. */
export interface Verdict {
  readonly ok: boolean;
  readonly state: string;
  readonly selected: number;
  readonly cut: number;
  readonly survivors: number;
  readonly goldenBefore: number;
  readonly goldenLost: number;
  readonly blocked: boolean;
  readonly expired: boolean;
  readonly tableDigest: string;
  readonly listFile: string;
  readonly listDigest: string;
  readonly blockMs: number;
  readonly killMs: number;
  readonly totalMs: number;
  readonly error: string;
}

/** How a document ended, its verdict parsed. */
export interface DocumentRun extends CommandResult {
  readonly verdict: Verdict;
}

/** Values of a document's parameters by name, without the agent's prefix. */
export type Values = Readonly<Record<string, string>>;

/** Starts a world with one server and these peers. */
export async function startServer(
  peers: readonly PeerSpec[],
  options: { readonly dualStack?: boolean } = {},
): Promise<HostWorld> {
  const world = await createHostWorld({ force: 'real' });
  await world.createServer({ instanceId, privateAddress: '10.0.1.20', ipv6Address: 'fd30::20', peers, ...options });
  return world;
}

/** A peer that starts valid: 5 connections of a stranger to port 8080. */
export function peer(change: Partial<PeerSpec> = {}): PeerSpec {
  return {
    name: 'stranger',
    address: '203.0.113.7',
    connections: 5,
    direction: 'in',
    port: 8080,
    golden: false,
    ...change,
  };
}

/** Runs the kill document with a whole-server cut, changed by what is given. */
export async function runKill(
  world: HostWorld,
  values: Values = {},
  script = killConnectionsScript,
): Promise<DocumentRun> {
  const all = { incident: 'inc-1', scope: 'server', ttlSeconds: '0', deadlineSeconds: '20', ...values };
  return runDocument(world, script, all);
}

/** Runs the release document. */
export async function runRelease(world: HostWorld, values: Values = {}): Promise<DocumentRun> {
  return runDocument(world, releaseConnectionsScript, { incident: 'inc-1', deadlineSeconds: '20', ...values });
}

/** Runs any shell lines on the server and returns what they say. */
export async function runShell(world: HostWorld, script: string): Promise<string> {
  const command = {
    script: script.startsWith('#!') ? script : `#!/bin/bash\n${script}\n`,
    environment: {},
    timeoutSeconds: 20,
  };
  const { exitCode, stdout, stderr } = await world.runCommand(instanceId, command);
  if (exitCode !== 0) throw new Error(`Shell lines ended with ${exitCode}: ${stdout}${stderr}`);
  return stdout;
}

/** Puts a script into another one that prepares its surroundings first; `$inner` names the file to run. */
export function wrapScript(script: string, preparation: string): string {
  return `#!/bin/bash\nmkdir -p "$CF_STATE_DIR"\ninner=$CF_STATE_DIR/inner.sh\ncat >"$inner" <<'INNER'\n${script}\nINNER\n${preparation}\n`;
}

/** Established connections by peer name, as the server's kernel counts them. */
export async function countByPeer(world: HostWorld): Promise<Readonly<Record<string, number>>> {
  const counts = await world.count(instanceId);
  return Object.fromEntries(counts.map((count) => [count.peer, count.established]));
}

async function runDocument(world: HostWorld, script: string, values: Values): Promise<DocumentRun> {
  const environment = Object.fromEntries(Object.entries(values).map(([name, value]) => [`SSM_${name}`, value]));
  const result = await world.runCommand(instanceId, { script, environment, timeoutSeconds: 20 });
  return { ...result, verdict: JSON.parse(result.stdout || '{}') as Verdict };
}
