import { spawn } from 'node:child_process';
import type { CommandResult } from '../host-world.ts';
import { HostWorldError } from '../host-errors.ts';

/** Where a tool runs, what it reads, and for how long it may. */
export interface ToolOptions {
  /** Network namespace by name. Default: the one of this process. */
  readonly namespace?: string;
  readonly input?: string;
  /** Default: none, only PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: 30 seconds. */
  readonly timeoutMs?: number;
}

/** The only variable every process of the world gets besides its own. */
export const toolPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
// A script that floods its output must not fill the memory of the lab.
const longestOutputBytes = 4_000_000;

/** Puts the words in front of a command that make it run in a namespace of the world. */
export function enterNamespace(namespace: string | undefined, command: readonly string[]): readonly string[] {
  return namespace === undefined ? command : ['nsenter', `--net=/run/netns/${namespace}`, '--', ...command];
}

/** Runs a command in a process group of its own and reports how it ended; kills the whole group on timeout. */
export async function runCommandGroup(command: readonly string[], options: ToolOptions = {}): Promise<CommandResult> {
  const [program = '', ...words] = enterNamespace(options.namespace, command);
  const child = spawn(program, words, { detached: true, cwd: '/', env: { PATH: toolPath, ...options.environment } });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      if (output[stream].length < longestOutputBytes) output[stream] += text;
    });
  }
  child.stdin.on('error', () => {}); // a tool may end before it has read its input
  child.stdin.end(options.input ?? '');
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid);
  }, options.timeoutMs ?? 30_000);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('error', reject);
  child.on('close', (code) => resolve(code ?? -1));
  try {
    return { exitCode: await promise, ...output, timedOut };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a tool that must succeed and returns its output. */
export async function runTool(command: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommandGroup(command, options);
  if (exitCode !== 0) {
    throw new HostWorldError(`Cannot run "${command.join(' ')}": exit code ${exitCode}, "${stderr.trim()}"`);
  }
  return stdout;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself between the timer and the kill.
  }
}
