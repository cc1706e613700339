import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createHostWorld } from '../../lab/hosts/create-host-world.ts';
import type { CommandResult, HostWorld, PeerSpec } from '../../lab/hosts/host-world.ts';
import { instanceId, peer, realHosts, runShell } from './run-document.ts';
import type { Values } from './run-document.ts';

const serverPath = fileURLToPath(new URL('fake-ntp-server.ts', import.meta.url));
const missing = ['/usr/sbin/chronyd', '/usr/bin/chronyc', '/usr/sbin/hwclock'].filter((path) => !existsSync(path));

/** Why tests of time cannot run here; empty when they can. */
export const whyNoTime = realHosts.possible ? missing.map((path) => `no ${path}`).join(', ') : realHosts.reason;
if (whyNoTime !== '') {
  console.warn(`Tests of clocks and time sources are skipped: ${whyNoTime}`);
  if (process.env['FUSE_NO_SKIP'] === '1') throw new Error(`Nothing may be skipped here, but ${whyNoTime}`);
}

/** How a document about time ended. */
export interface TimeRun<Verdict> extends CommandResult {
  readonly verdict: Verdict;
}

/** A server whose time comes from sources that a test tells what to say. */
export interface TimeHost {
  readonly world: HostWorld;
  /** What a source answers from now on: milliseconds ahead of this machine, `silent`, or `unsynchronised`. */
  readonly tell: (source: string, behaviour: string) => Promise<void>;
  readonly shell: (lines: string) => Promise<string>;
  /** Puts a script in the place of a tool; what it hides can be run as `/run/real/<name>`. */
  readonly replaceTool: (path: string, script: string) => Promise<void>;
  readonly run: <Verdict>(script: string, values: Values) => Promise<TimeRun<Verdict>>;
  readonly stop: () => Promise<void>;
}

/** File below which a source looks up what to answer; the same inside and outside of its namespace. */
export const behaviourOf = (source: string): string => `/run/ntp/${source}`;

/**
 * Starts a server and its time sources. Its user namespace has no say over the machine's clock, and its tools can be
 * replaced, because its mounts are its own.
 */
export async function startTimeHost(sources: readonly string[], others: readonly PeerSpec[] = []): Promise<TimeHost> {
  const world = await createHostWorld({ force: 'real' });
  const peers = sources.map((address) => peer({ name: address, address, connections: 0, direction: 'out', port: 123 }));
  const addresses = { privateAddress: '10.0.1.20', ipv6Address: 'fd30::20' };
  await world.createServer({ instanceId, ...addresses, peers: [...peers, ...others] });
  const shell = (lines: string) => runShell(world, lines);
  await shell('mkdir -p /run/ntp /run/real');
  for (const source of sources) {
    await shell(
      `echo 0 >${behaviourOf(source)}
      nsenter --net=/run/netns/peers ${process.execPath} ${serverPath} ${source} ${behaviourOf(source)} /run/ntp/${source}.up \\
        >/run/ntp/log 2>&1 &
      echo $! >>/run/ntp/pids
      for i in {1..100}; do [[ ! -e /run/ntp/${source}.up ]] || exit 0; sleep 0.05; done
      cat /run/ntp/log; exit 1`,
    );
  }
  return {
    world,
    shell,
    tell: async (source, behaviour) => void (await shell(`echo ${behaviour} >${behaviourOf(source)}`)),
    replaceTool: async (path, script) => void (await shell(printReplacement(path, script))),
    run: (script, values) => runTimeDocument(world, script, values),
    stop: async () => {
      await shell('kill $(cat /run/ntp/pids)').catch(() => {});
      await world.stop();
    },
  };
}

/** A mount over the tool is seen by the documents too, whose PATH is fixed. */
function printReplacement(path: string, script: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return `[[ -e /run/real/${name} ]] || cp ${path} /run/real/${name}
cat >/run/${name}.fake <<'FAKE'
${script}
FAKE
chmod 755 /run/${name}.fake
mountpoint -q ${path} || mount --bind /run/${name}.fake ${path}`;
}

async function runTimeDocument<Verdict>(world: HostWorld, script: string, values: Values): Promise<TimeRun<Verdict>> {
  const environment = Object.fromEntries(Object.entries(values).map(([name, value]) => [`SSM_${name}`, value]));
  const result = await world.runCommand(instanceId, { script, environment, timeoutSeconds: 60 });
  const lines = result.stdout.trimEnd().split('\n');
  if (lines.length !== 1) throw new Error(`Wanted one line of JSON, received "${result.stdout}${result.stderr}"`);
  return { ...result, verdict: JSON.parse(result.stdout) as Verdict };
}
