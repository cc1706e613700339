import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostWorldError } from '../host-errors.ts';
import { enterNamespace, runTool, toolPath } from './run-tool.ts';

// PostgreSQL refuses to run as root, and this world may know no other account: one more user namespace gives the same
// account another number. Its own IPC namespace takes the shared memory along when it ends.
const asNobody = ['unshare', '-U', '-i', '--map-user=65534', '--map-group=65534', '--'];
// A world that is killed can tell nobody to stop.
const endsWithItsParent = ['setpriv', '--pdeathsig', 'KILL'];
const mostTries = 200;
const betweenTriesMs = 50;

const rules = `local all all trust
host all all all trust
host replication all all trust
`;

export interface PostgresProps {
  /** Where its programs are. */
  readonly programs: string;
  readonly namespace: string;
  /** Below it lie its data and its socket, in `postgres`. */
  readonly folder: string;
  readonly port: number;
  /** Roles that may log in, and whether they may copy the database. */
  readonly roles: ReadonlyMap<string, boolean>;
}

/** Starts a PostgreSQL inside a server's namespace; anyone who reaches its port may log in. It ends with this process. */
export async function startPostgres(props: PostgresProps): Promise<void> {
  const { programs, namespace, port } = props;
  const folder = `${props.folder}/postgres`;
  const data = `${folder}/data`;
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await runTool([...asNobody, `${programs}/initdb`, '-D', data, '--no-sync', '-U', 'postgres', '-A', 'trust']);
  await writeFile(`${data}/pg_hba.conf`, rules);
  const settings = {
    port,
    fsync: 'off',
    listen_addresses: '*',
    unix_socket_directories: folder,
    dynamic_shared_memory_type: 'mmap',
    autovacuum: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
  };
  const command = [
    ...asNobody,
    ...endsWithItsParent,
    `${programs}/postgres`,
    '-D',
    data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const [program = '', ...words] = enterNamespace(namespace, [
    'sh',
    '-c',
    `exec "$@" >${folder}/log 2>&1`,
    'sh',
    ...command,
  ]);
  const child = spawn(program, words, { cwd: '/', env: { PATH: toolPath }, stdio: 'ignore' });
  child.on('error', () => {}); // shows below: nothing answers
  process.once('exit', () => void child.kill('SIGQUIT'));
  await waitForServer(folder, () => child.exitCode !== null);
  for (const [name, replicates] of props.roles) {
    await query(folder, `create role "${name}" login ${replicates ? 'replication' : ''}`);
  }
}

async function waitForServer(folder: string, hasEnded: () => boolean): Promise<void> {
  for (let tries = 0; tries < mostTries && !hasEnded(); tries++) {
    const isUp = await query(folder, 'select 1').then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(betweenTriesMs);
  }
  const log = await readFile(`${folder}/log`, 'utf8').catch(() => '');
  throw new HostWorldError(`Cannot start PostgreSQL in "${folder}": ${log.trim().slice(-600)}`);
}

async function query(folder: string, statement: string): Promise<void> {
  const environment = { PGHOST: folder, PGUSER: 'postgres' };
  await runTool(['psql', '-XAtqw', '-d', 'postgres', '-c', statement], { environment });
}
