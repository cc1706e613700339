import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { detectTimeZonesScript } from '../../documents/detect-time-zones.ts';
import { TimeZonesVerdictSchema, type TimeZonesVerdict } from '../../lambdas/shared/time-zones/verdict.ts';
import { runDocument, type DatabaseProcess } from './database-process.ts';
import { mariadbFault, openMariadb, startMariadb } from './mariadb-server.ts';
import { openPostgres, postgresFault, startPostgres } from './postgres-server.ts';
import { change } from './run-kill-sessions.ts';

type Values = Readonly<Record<string, string>>;

/** Runs the document; engines are named in every run, for others may run on this machine. */
async function detect(folder: string, engines: string, environment: Values = {}, script = detectTimeZonesScript) {
  const values = { incident: 'inc-1', deadlineSeconds: '20', engines };
  const end = await runDocument<TimeZonesVerdict>(folder, script, values, environment);
  expect(TimeZonesVerdictSchema.safeParse(end.verdict).error).toBeUndefined();
  return end;
}

/** Keeps the search for engines out of a test. */
const withoutEngines = change(detectTimeZonesScript, [
  ['((${#engines[@]} > 0)) || find_engines', ': no engine is asked'],
]);

describe.skipIf(process.getuid?.() !== 0)('detect-time-zones on a host', () => {
  let folder = '';
  let child: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cf-zones-'));
  });
  afterEach(async () => {
    if (child?.kill('SIGKILL') === true) await once(child, 'exit');
    child = undefined;
    rmSync(folder, { recursive: true });
  });
  const start = async (environment: Values, more: readonly string[] = []) => {
    child = spawn('bash', ['-c', 'echo; read -r line', 'fuse', ...more], {
      env: { ...environment, SECRET: 'never-told' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    if (child.stdout !== null) await once(child.stdout, 'data');
  };
  const findOwn = async () => {
    const { verdict } = await detect(folder, '', {}, withoutEngines);
    const list = readFileSync(verdict.listFile, 'utf8');
    expect(list).not.toContain('never-told');
    return list.split('\n').filter((line) => line.startsWith('process\tbash\t'));
  };

  it('tells the offset of the host, not the one the agent runs with', async () => {
    const plain = await detect(folder, '', {}, withoutEngines);

    const { verdict, exitCode } = await detect(folder, '', { TZ: 'Asia/Tokyo' }, withoutEngines);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 0, ok: true, engines: [], error: '' });
    expect([verdict.offsetMinutes, verdict.zone]).toEqual([plain.verdict.offsetMinutes, plain.verdict.zone]);
    expect(verdict.offsetMinutes).toBe(0 - new Date().getTimezoneOffset());
  });

  it('keeps the newest twenty lists of an incident, for a watch asks under one name again and again', async () => {
    const { verdict } = await detect(folder, '', {}, withoutEngines);
    const place = dirname(verdict.listFile);
    for (let age = 1; age <= 30; age += 1) writeFileSync(join(place, `time-zones-${1_700_000_000_000 + age}.tsv`), '');

    const last = await detect(folder, '', {}, withoutEngines);

    const kept = readdirSync(place).filter((name) => name.startsWith('time-zones-'));
    expect(kept).toHaveLength(20);
    expect(kept).toContain(basename(last.verdict.listFile));
    expect(kept).toContain('time-zones-1700000000030.tsv');
    expect(kept).not.toContain('time-zones-1700000000012.tsv');
  });

  it.each([
    ['Asia/Kolkata', '330'],
    [':Asia/Kolkata', '330'],
    ['/usr/share/zoneinfo/Asia/Kolkata', '330'],
    ['CST-8', '480'],
    ['Asia/Atlantis', 'null'],
    ['../../../etc/passwd', 'null'],
    ['', '0'],
  ])('finds a process with TZ=%s', async (zone, offset) => {
    await start({ TZ: zone });

    const own = await findOwn();

    expect(own.map((line) => line.split('\t')[4])).toContain(offset);
    expect(own.some((line) => line.split('\t')[3] === (zone || 'UTC'))).toBe(true);
  });

  it.each([
    ['GMT+9', '540'],
    ['GMT-03:30', '-210'],
    ['Asia/Tokyo', '540'],
    ['Mars/Base', 'null'],
  ])('finds a Java process with -Duser.timezone=%s', async (zone, offset) => {
    await start({}, [`-Duser.timezone=${zone}`]);

    expect(await findOwn()).toContain(`process\tbash\tuser.timezone\t${zone}\t${offset}`);
  });

  it('puts the processes that differ from the host into the verdict, and counts all of them', async () => {
    await start({ TZ: 'Asia/Kathmandu' });

    const { verdict } = await detect(folder, '', {}, withoutEngines);

    const kathmandu = { name: 'bash', source: 'TZ', zone: 'Asia/Kathmandu', offsetMinutes: 345, count: 1 };
    expect(verdict.processes).toContainEqual(kathmandu);
    expect(verdict.processZones).toBeGreaterThanOrEqual(verdict.processes.length);
  });

  it('is not content with an engine that does not answer', async () => {
    const nowhere = { PGHOST: folder, PGPORT: '1' };

    const { verdict, exitCode } = await detect(folder, 'postgresql', nowhere);

    expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 65, ok: false });
    expect(verdict.engines).toEqual([{ engine: 'postgresql', zone: '', source: '', offsetMinutes: null }]);
    expect(verdict.error).toContain('Cannot read the zone of postgresql');
  });
});

describe.skipIf(postgresFault !== null)('detect-time-zones on a real PostgreSQL', () => {
  let server: DatabaseProcess;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => server.stop());

  it('reads zone, source and offset of the server, and finds it by itself', async () => {
    const admin = await openPostgres(server, { user: 'postgres', address: '127.0.0.1' });
    await admin.query(`alter system set timezone = 'America/Sao_Paulo'`);
    await admin.query('select pg_reload_conf()');
    await expect.poll(async () => (await admin.query('show timezone'))[0]).toEqual(['America/Sao_Paulo']);
    const reach = { PGHOST: server.folder, PGPORT: String(server.port), PGTZ: 'Asia/Tokyo' };
    // Other engines of this machine are none of this test's.
    const script = change(detectTimeZonesScript, [['mariadbd) name=mariadb ;;', 'mariadbd) continue ;;']]);

    const { verdict } = await detect(server.folder, '', reach, script);

    const zone = { zone: 'America/Sao_Paulo', source: 'configuration file', offsetMinutes: -180 };
    expect(verdict).toMatchObject({ ok: true, engines: [{ engine: 'postgresql', ...zone }] });
  });
});

describe.skipIf(mariadbFault !== null)('detect-time-zones on a real MariaDB', () => {
  let server: DatabaseProcess;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(async () => server.stop());

  it.each([
    ['+09:00', 540],
    ['-03:30', -210],
    ['SYSTEM', 0 - new Date().getTimezoneOffset()],
  ])('reads that new sessions count in %s', async (zone, offsetMinutes) => {
    const admin = await openMariadb(server, { user: 'root' });
    await admin.query(`set global time_zone = '${zone}'`);

    const { verdict } = await detect(server.folder, 'mariadb');

    expect(verdict).toMatchObject({ ok: true, engines: [{ engine: 'mariadb', zone, offsetMinutes }] });
    admin.close();
  });
});
