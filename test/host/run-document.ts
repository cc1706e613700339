import { killConnectionsScript } from '../../documents/kill-connections.ts';
import { releaseConnectionsScript } from '../../documents/release-connections.ts';
import { shedConnectionsScript } from '../../documents/shed-connections.ts';
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

/** The verdict of a shedding, as far as tests look at it. */
export interface ShedVerdict extends Verdict {
  readonly load: string;
  readonly before: number;
  readonly after: number;
  readonly lowMark: number;
  readonly rounds: number;
  readonly zombies: number;
  readonly perClass: Readonly<Record<string, number>>;
}

/** The shed document with a shorter look at the load, to save the tests time: rates are by the clock. */
export const quickShedScript = shedConnectionsScript.replace('\n  run sleep 1\n', '\n  run sleep 0.2\n');

/** Runs the shed document, changed by what is given. */
export async function runShed(
  world: HostWorld,
  values: Values,
  script = quickShedScript,
): Promise<CommandResult & { readonly verdict: ShedVerdict }> {
  const all = {
    incident: 'inc-1',
    maxRounds: '3',
    maxPercentPerRound: '100',
    ttlSeconds: '600',
    deadlineSeconds: '20',
  };
  const { verdict, ...result } = await runDocument(world, script, { ...all, ...values });
  return { ...result, verdict: verdict as ShedVerdict };
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

/**
 * Lets the host hear nothing more of these addresses, as when a cable is pulled. Their bare acknowledgements are lost a
 * little earlier, so that the host's last words to each of them stay unanswered.
 */
export async function losePeers(world: HostWorld, addresses: readonly string[]): Promise<void> {
  const from = addresses.map((address) => `${address.includes(':') ? 'ip6' : 'ip'} saddr ${address}`);
  const drop = (packets: string): string =>
    from.map((peers) => `add rule inet cable cut ${peers} ${packets} drop`).join('; ');
  await runShell(
    world,
    `nft 'add table inet cable; add chain inet cable cut { type filter hook prerouting priority -400; }
     ${drop('tcp flags & psh != psh')}'
     sleep 0.2
     nft '${drop('')}'`,
  );
}

/** Plugs the cables in again. */
export async function regainPeers(world: HostWorld): Promise<void> {
  await runShell(world, 'nft delete table inet cable');
}

/** Puts a script into another one that prepares its surroundings first; `$inner` names the file to run. */
export function wrapScript(script: string, preparation: string): string {
  return `#!/bin/bash\nmkdir -p "$CF_STATE_DIR"\ninner=$CF_STATE_DIR/inner.sh\ncat >"$inner" <<'INNER'\n${script}\nINNER\n${preparation}\n`;
}

/** Puts a script over a tool, in a mount namespace of the document's own; `$real` is the tool itself. */
export function replaceTool(script: string, tool: string, lines: string): string {
  return wrapScript(
    script,
    `tool=$(readlink -f "$(type -P ${tool})")
     real=$CF_STATE_DIR/real-${tool}
     cp "$tool" "$real"
     cat >"$CF_STATE_DIR/false-${tool}" <<LINES
#!/bin/bash
${lines}
LINES
     chmod +x "$CF_STATE_DIR/false-${tool}"
     export tool inner CF_STATE_DIR
     exec unshare -m bash -c 'mount --bind "$CF_STATE_DIR/false-${tool}" "$tool" && exec bash "$inner"'`,
  );
}

/**
 * Shell lines that leave a program of Node running on a server and wait until the sockets it is there for stand; it ends
 * with the world.
 */
export function inBackground(program: string, sockets: readonly string[]): string {
  const wait = sockets.map((stand) => `until ${stand}; do sleep 0.02; done`);
  return `setsid ${process.execPath} -e "$(cat <<'JS'\n${program}\nJS\n)" >/dev/null 2>&1 </dev/null &\n${wait.join('\n')}\n`;
}

/** A shell condition: somebody listens on this port. */
export const listensOn = (port: number): string => `ss -tlnH "sport = :${port}" | grep -q .`;

/** A shell condition: this many connections stand that were dialled from here to this port. */
export const dialled = (count: number, port: number): string =>
  `[ "$(ss -tnHO state established "dport = :${port}" | wc -l)" -eq ${count} ]`;

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
