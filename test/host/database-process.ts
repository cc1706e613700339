import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a document ended: `verdict` is its one line. */
export interface DocumentEnd<Verdict> {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly verdict: Verdict;
}

/** A database server of a test: its folder, its port on loopback and its process. */
export interface DatabaseProcess {
  readonly folder: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Says why tests against a real database cannot run here, or null. Where nothing may be skipped, that is an error. */
export function findDatabaseFault(account: string, tools: readonly string[]): string | null {
  const lacking = tools.find((tool) => findTool(tool) === null);
  const isRoot = process.getuid?.() === 0;
  const fault = !isRoot
    ? 'not root'
    : lacking !== undefined
      ? `no ${lacking}`
      : findAccount(account) === null
        ? `no user ${account}`
        : null;
  if (fault !== null && process.env['FUSE_NO_SKIP'] === '1')
    throw new Error(`Nothing may be skipped here, but ${fault}`);
  return fault;
}

/** Where a tool lies; Debian keeps PostgreSQL's own out of the way. */
export function findTool(tool: string): string | null {
  const found = spawnSync('bash', ['-c', 'PATH=$PATH:/usr/sbin:/sbin; type -P "$0"', tool], { encoding: 'utf8' });
  if (found.status === 0) return found.stdout.trim();
  const listed = spawnSync('bash', ['-c', 'ls -d /usr/lib/postgresql/*/bin/"$0" 2>/dev/null | tail -n 1', tool], {
    encoding: 'utf8',
  });
  return listed.stdout.trim() === '' ? null : listed.stdout.trim();
}

/** Makes a folder that belongs to the server's account. */
export function makeFolder(account: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cf-db-'));
  const { uid, gid } = findAccount(account) ?? { uid: 0, gid: 0 };
  chownSync(folder, uid, gid);
  return folder;
}

/** Runs a tool as the server's account and fails loudly. */
export function runAs(account: string, command: readonly string[]): void {
  const { uid, gid } = findAccount(account) ?? { uid: 0, gid: 0 };
  const [tool = '', ...rest] = command;
  const { status, stderr } = spawnSync(tool, rest, {
    uid,
    gid,
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
  });
  if (status !== 0) throw new Error(`"${command.join(' ')}" ended with ${status}: ${stderr}`);
}

/** Starts a server as its account and waits until `isReady` holds. Stopped by its own process id. */
export async function startProcess(options: {
  readonly account: string;
  readonly folder: string;
  readonly port: number;
  readonly command: readonly string[];
  readonly stopSignal: 'SIGQUIT' | 'SIGKILL';
  readonly isReady: () => Promise<unknown>;
}): Promise<DatabaseProcess> {
  const { uid, gid } = findAccount(options.account) ?? { uid: 0, gid: 0 };
  const [tool = '', ...rest] = options.command;
  const child = spawn(tool, rest, { uid, gid, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => (log = `${log}${chunk.toString()}`.slice(-4000)));
  const stop = async () => stopProcess(child, options.stopSignal, options.folder);
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null) break;
    try {
      await options.isReady();
      return { folder: options.folder, port: options.port, stop };
    } catch {
      await sleep(25);
    }
  }
  await stop();
  throw new Error(`Server "${tool}" did not come up: ${log}`);
}

async function stopProcess(child: ChildProcess, signal: NodeJS.Signals, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

/** A port of loopback that nobody listens on just now. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs a document as the agent would, with its parameters as `SSM_` variables, and reads its verdict. */
export async function runDocument<Verdict>(
  folder: string,
  script: string,
  values: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<DocumentEnd<Verdict>> {
  const file = join(folder, 'document.sh');
  writeFileSync(file, script, { mode: 0o600 });
  const parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [`SSM_${name}`, value]));
  const child = spawn('bash', [file], {
    env: { CF_STATE_DIR: join(folder, 'state'), HOME: folder, ...environment, ...parameters },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, 'close');
  return { exitCode: child.exitCode, stdout, stderr, verdict: JSON.parse(stdout || '{}') as Verdict };
}

function findAccount(name: string): { readonly uid: number; readonly gid: number } | null {
  if (!existsSync('/etc/passwd')) return null;
  const { status, stdout } = spawnSync('getent', ['passwd', name], { encoding: 'utf8' });
  const [, , uid, gid] = stdout.split(':');
  return status === 0 ? { uid: Number(uid), gid: Number(gid) } : null;
}
