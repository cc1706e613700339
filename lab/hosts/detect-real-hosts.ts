import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startInside, waysIn } from './real/enter-world.ts';
import type { WayIn } from './real/enter-world.ts';
import { toolPath } from './real/run-tool.ts';

const tools = ['unshare', 'nsenter', 'mount', 'ip', 'ss', 'nft', 'bash', 'sh'] as const;
const probePath = fileURLToPath(new URL('real/probe-host.ts', import.meta.url));
const probeTimeoutMs = 10_000;

/** Whether this machine can hold real hosts; `reason` says in words why not, or how. */
export interface RealHostsDetection {
  readonly possible: boolean;
  readonly reason: string;
  /** Present when possible. */
  readonly wayIn?: WayIn;
}

let detection: Promise<RealHostsDetection> | undefined;

/** Tries it out once per process: builds a namespace, loads a table, destroys a socket. Nothing of it stays. */
export function detectRealHosts(): Promise<RealHostsDetection> {
  detection ??= tryMachine();
  return detection;
}

async function tryMachine(): Promise<RealHostsDetection> {
  if (process.platform !== 'linux') {
    return { possible: false, reason: `real hosts need Linux, this is ${process.platform}` };
  }
  const missing = tools.filter((tool) => !isInstalled(tool));
  if (missing.length > 0) return { possible: false, reason: `missing on this machine: ${missing.join(', ')}` };
  const refusals: string[] = [];
  for (const wayIn of waysIn) {
    const refusal = await tryWayIn(wayIn);
    if (refusal === '') return { possible: true, reason: `unshare ${wayIn.join(' ')}`, wayIn };
    refusals.push(`unshare ${wayIn.join(' ')}: ${refusal}`);
  }
  return { possible: false, reason: refusals.join('; ') };
}

function isInstalled(tool: string): boolean {
  return toolPath.split(':').some((directory) => {
    try {
      accessSync(`${directory}/${tool}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Returns an empty text when the way leads in, else what stood in it. */
async function tryWayIn(wayIn: WayIn): Promise<string> {
  const child = startInside(wayIn, probePath, ['ignore', 'pipe', 'pipe']);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), probeTimeoutMs);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null)).once('close', resolve);
  });
  clearTimeout(timer);
  if (stdout === '') return stderr.trim() || `the probe ended with ${code}`;
  const { reason } = JSON.parse(stdout) as { readonly reason: string };
  return reason;
}
