import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import {
  findDatabaseFault,
  findFreePort,
  findTool,
  makeFolder,
  runAs,
  startProcess,
  type DatabaseProcess,
} from './database-process.ts';
import type { Session, SessionSpec } from './postgres-server.ts';

const account = 'nobody';

/** Why tests against a real MariaDB cannot run here, or null. */
export const mariadbFault = findDatabaseFault(account, ['mariadbd', 'mariadb-install-db', 'mariadb']);
if (mariadbFault !== null) console.warn(`Tests on a real MariaDB are skipped: ${mariadbFault}`);

/** Starts a server in a folder of its own; root logs in over the socket, and the client's option file names it. */
export async function startMariadb(options: readonly string[] = []): Promise<DatabaseProcess> {
  const folder = makeFolder(account);
  const data = join(folder, 'data');
  const socket = join(folder, 'socket');
  const common = ['--no-defaults', `--datadir=${data}`, '--skip-name-resolve'];
  runAs(account, [
    findTool('mariadb-install-db') ?? '',
    ...common,
    '--auth-root-authentication-method=socket',
    '--skip-test-db',
  ]);
  writeFileSync(join(folder, '.my.cnf'), `[client]\nsocket=${socket}\n`, { mode: 0o600 });
  const port = await findFreePort();
  const server = { folder, port };
  return startProcess({
    account,
    ...server,
    // Nothing of the data is wanted any more.
    stopSignal: 'SIGKILL',
    command: [
      findTool('mariadbd') ?? '',
      ...common,
      `--socket=${socket}`,
      `--port=${port}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--bind-address=127.0.0.1',
      '--max-connections=200',
      '--innodb-buffer-pool-size=16M',
      '--innodb-flush-log-at-trx-commit=0',
      ...options,
    ],
    isReady: async () => greet(server),
  });
}

/** Opens a session in the server's own protocol, with an empty password and the program's name as an attribute. */
export async function openMariadb(
  { folder, port }: Pick<DatabaseProcess, 'folder' | 'port'>,
  spec: SessionSpec,
): Promise<Session> {
  const { user, application, address } = spec;
  const socket = connect(
    address === undefined ? { path: join(folder, 'socket') } : { port, host: '127.0.0.1', localAddress: address },
  );
  let buffer = Buffer.alloc(0);
  const packets: Buffer[] = [];
  let wake: (() => void) | null = null;
  const rouse = () => {
    wake?.();
    wake = null;
  };
  socket.on('data', (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 4 && buffer.length >= buffer.readUIntLE(0, 3) + 4) {
      const size = buffer.readUIntLE(0, 3) + 4;
      packets.push(buffer.subarray(4, size));
      buffer = buffer.subarray(size);
    }
    rouse();
  });
  socket.on('error', () => {});
  socket.on('close', rouse);
  const next = async (): Promise<Buffer> => {
    for (;;) {
      const packet = packets.shift();
      if (packet !== undefined) return refuseError(packet);
      if (socket.destroyed) throw new Error('closed');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const send = (sequence: number, body: Buffer) => {
    const head = Buffer.alloc(4);
    head.writeUIntLE(body.length, 0, 3);
    head[3] = sequence;
    socket.write(Buffer.concat([head, body]));
  };
  await next();
  send(1, loginPacket(user, application));
  await next();
  return {
    query: async (text) => {
      // 3 is COM_QUERY.
      send(0, Buffer.concat([Buffer.from([3]), Buffer.from(text)]));
      return readResult(next);
    },
    close: () => socket.destroy(),
  };
}

async function greet({ folder }: Pick<DatabaseProcess, 'folder'>): Promise<void> {
  const socket = connect({ path: join(folder, 'socket') });
  try {
    await once(socket, 'data');
  } finally {
    socket.destroy();
  }
}

/** Protocol 4.1, secure connection, transactions; plus attributes where there is a program to name. */
function loginPacket(user: string, application: string | undefined): Buffer {
  const head = Buffer.alloc(32);
  const plugins = 0x8_0000;
  const attributes = application === undefined ? 0 : 0x10_0000;
  head.writeUInt32LE(0x200 | 0x2000 | 0x8000 | plugins | attributes, 0);
  head.writeUInt32LE(0x100_0000, 4);
  // 45 is utf8mb4.
  head[8] = 45;
  const parts = [head, Buffer.from(`${user}\0`), Buffer.from([0]), Buffer.from('mysql_native_password\0')];
  if (application !== undefined) {
    const pairs = Buffer.concat(['program_name', application].map(withLength));
    parts.push(Buffer.from([pairs.length]), pairs);
  }
  return Buffer.concat(parts);
}

function withLength(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
}

/** 0xff starts an error; after it stand its number and its SQLSTATE. */
function refuseError(packet: Buffer): Buffer {
  if (packet[0] === 0xff) throw new Error(String(packet.readUInt16LE(1)));
  return packet;
}

/** Rows of a query, or none for a statement; short values only. */
async function readResult(next: () => Promise<Buffer>): Promise<string[][]> {
  const first = await next();
  if (first[0] === 0) return [];
  for (let column = 0; column < (first[0] ?? 0); column++) await next();
  await next();
  const rows: string[][] = [];
  for (;;) {
    const packet = await next();
    // 0xfe with nothing behind it ends the rows.
    if (packet[0] === 0xfe && packet.length < 9) return rows;
    rows.push(readRow(packet));
  }
}

function readRow(packet: Buffer): string[] {
  const values: string[] = [];
  for (let at = 0; at < packet.length;) {
    const mark = packet[at] ?? 0;
    // 0xfb is null, 0xfc a length in two bytes.
    const [start, length] =
      mark === 0xfb ? [at + 1, 0] : mark === 0xfc ? [at + 3, packet.readUInt16LE(at + 1)] : [at + 1, mark];
    values.push(packet.subarray(start, start + length).toString());
    at = start + length;
  }
  return values;
}
