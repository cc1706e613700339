import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that answers on a local port, until it is stopped. */
export interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export interface ServerProps {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly port: number;
  /** Answers with any status once the server is up. */
  readonly healthPath: string;
}

const startSeconds = 60;

/** Starts a server on a loopback port and waits until it answers; one that ends before is an error with its last words. */
export async function startServer(props: ServerProps): Promise<Server> {
  const { command, args, environment = {}, port } = props;
  const child = spawn(command, [...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-3000)));
  }
  const kill = () => void child.kill('SIGKILL');
  // Whoever ends in between leaves no server behind.
  process.once('exit', kill);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    process.removeListener('exit', kill);
    await stopChild(child);
  };
  for (let tries = 0; tries < startSeconds * 5; tries += 1) {
    if (child.exitCode !== null) throw new Error(`"${command}" ended with status ${child.exitCode}: ${words.trim()}`);
    if (await answers(`${url}${props.healthPath}`)) return { url, stop };
    await sleep(200);
  }
  await stop();
  throw new Error(`"${command}" does not answer on port ${port} after ${startSeconds} s: ${words.trim()}`);
}

/** A port of the loopback address that nobody uses now. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port found on 127.0.0.1');
  return address.port;
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const stopped = await Promise.race([ended.then(() => true), sleep(5000, false, { ref: false })]);
  if (!stopped) child.kill('SIGKILL');
  await ended;
}
