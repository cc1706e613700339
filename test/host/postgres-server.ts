import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  findDatabaseFault,
  findFreePort,
  findTool,
  makeFolder,
  runAs,
  startProcess,
  type DatabaseProcess,
} from './database-process.ts';

/** Why tests against a real PostgreSQL cannot run here, or null. */
export const postgresFault = findDatabaseFault('postgres', ['postgres', 'initdb', 'psql', 'setpriv']);
if (postgresFault !== null) console.warn(`Tests on a real PostgreSQL are skipped: ${postgresFault}`);

/** Who connects, from which address of loopback; without an address over the socket. */
export interface SessionSpec {
  readonly user: string;
  readonly application?: string;
  readonly address?: string | undefined;
  readonly isReplication?: boolean;
}

/** A client's session. `query` fails with the server's own error code, or `closed` when the connection is gone. */
export interface Session {
  query(text: string): Promise<readonly (readonly string[])[]>;
  close(): void;
}

/** Starts a server in a folder of its own: administrators by their account over the socket, everybody else trusted. */
export async function startPostgres(): Promise<DatabaseProcess> {
  const folder = makeFolder('postgres');
  const data = join(folder, 'data');
  runAs('postgres', [findTool('initdb') ?? '', '-D', data, '--no-sync', '-U', 'postgres', '-A', 'trust']);
  const rules = ['local all postgres peer', 'local all all trust', 'host all all 127.0.0.0/8 trust'];
  rules.push('host replication all 127.0.0.0/8 trust');
  writeFileSync(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`);
  const port = await findFreePort();
  const settings = {
    port,
    fsync: 'off',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    max_connections: 200,
    shared_buffers: '16MB',
    autovacuum: 'off',
  };
  const server = { folder, port };
  return startProcess({
    account: 'postgres',
    ...server,
    // At once, but with its shared memory given back.
    stopSignal: 'SIGQUIT',
    command: [
      findTool('postgres') ?? '',
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    isReady: async () => {
      const session = await openPostgres(server, { user: 'postgres', address: '127.0.0.1' });
      session.close();
    },
  });
}

/** Opens a session in the server's own protocol: no client library could choose the address it comes from. */
export async function openPostgres(
  { folder, port }: Pick<DatabaseProcess, 'folder' | 'port'>,
  spec: SessionSpec,
): Promise<Session> {
  const { user, application = '', address, isReplication = false } = spec;
  const socket = connect(
    address === undefined
      ? { path: join(folder, `.s.PGSQL.${port}`) }
      : { port, host: '127.0.0.1', localAddress: address },
  );
  let buffer = Buffer.alloc(0);
  let rows: string[][] = [];
  let code: string | null = null;
  let settle: ((error: Error | null) => void) | null = null;
  const finish = (error: Error | null) => {
    const done = settle;
    settle = null;
    done?.(error);
  };
  const take = (kind: string, body: Buffer) => {
    if (kind === 'D') rows.push(readRow(body));
    else if (kind === 'E') code = readCode(body);
    else if (kind === 'Z') finish(code === null ? null : new Error(code));
    // A walsender streams from here on.
    else if (kind === 'W') finish(null);
  };
  socket.on('data', (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 5 && buffer.length > buffer.readUInt32BE(1)) {
      const size = buffer.readUInt32BE(1) + 1;
      take(String.fromCharCode(buffer[0] ?? 0), buffer.subarray(5, size));
      buffer = buffer.subarray(size);
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => finish(new Error(code ?? 'closed')));
  const wait = async (send: Buffer): Promise<readonly (readonly string[])[]> => {
    if (socket.destroyed) throw new Error(code ?? 'closed');
    [rows, code] = [[], null];
    const answered = new Promise<void>((resolve, reject) => {
      settle = (error) => (error === null ? resolve() : reject(error));
    });
    socket.write(send);
    await answered;
    return rows;
  };
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  const replication: Readonly<Record<string, string>> = isReplication
    ? { replication: 'true' }
    : { database: 'postgres' };
  await wait(startupMessage({ user, application_name: application, ...replication }));
  return { query: async (text) => wait(message('Q', `${text}\0`)), close: () => socket.destroy() };
}

function startupMessage(options: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.from(`${Object.entries(options).flat().join('\0')}\0\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  // Version 3.0 of the protocol.
  head.writeUInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

function message(kind: string, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.write(kind, 0);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function readRow(body: Buffer): string[] {
  const values: string[] = [];
  let at = 2;
  for (let column = 0; column < body.readUInt16BE(0); column++) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? '' : body.subarray(at, at + length).toString());
    at += Math.max(length, 0);
  }
  return values;
}

/** The field `C` of an error: its SQLSTATE. */
function readCode(body: Buffer): string {
  return (
    body
      .toString()
      .split('\0')
      .find((field) => field.startsWith('C'))
      ?.slice(1) ?? 'unknown'
  );
}
