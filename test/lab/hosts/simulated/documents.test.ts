import { describe, expect, it } from 'vitest';
import { detectTimeZonesScript } from '../../../../documents/detect-time-zones.ts';
import { holdTimeScript } from '../../../../documents/hold-time.ts';
import { holdTaskWindowsScript } from '../../../../documents/hold-task.ts';
import { killConnectionsOnWindowsScript, killConnectionsScript } from '../../../../documents/kill-connections.ts';
import { killSessionsScript } from '../../../../documents/kill-sessions.ts';
import { releaseSessionsScript } from '../../../../documents/release-sessions.ts';
import { releaseTimeScript } from '../../../../documents/release-time.ts';
import { resyncClockScript } from '../../../../documents/resync-clock.ts';
import { shedConnectionsScript } from '../../../../documents/shed-connections.ts';
import { startServiceScript } from '../../../../documents/start-service.ts';
import type { HostWorld, PeerSpec } from '../../../../lab/hosts/host-world.ts';
import type { MachineSpec } from '../../../../lab/hosts/machine.ts';
import { createSimulatedHostWorld } from '../../../../lab/hosts/simulated/simulated-host-world.ts';
import { HoldVerdictSchema, ReleaseVerdictSchema } from '../../../../lambdas/shared/actions/hold-open/verdicts.ts';
import { TimeZonesVerdictSchema } from '../../../../lambdas/shared/time-zones/verdict.ts';
import { peer } from '../host-peer.ts';

type Values = Readonly<Record<string, string>>;

const clock = { now: 0 };

async function start(machine: MachineSpec, ...peers: PeerSpec[]): Promise<HostWorld> {
  clock.now = 1_000_000;
  const world = createSimulatedHostWorld(() => clock.now);
  await world.createServer({ instanceId: 'i-1', privateAddress: '10.0.1.20', machine, peers });
  return world;
}

async function run(world: HostWorld, script: string, values: Values) {
  const all = { incident: 'inc-1', deadlineSeconds: '20', ...values };
  const environment = Object.fromEntries(Object.entries(all).map(([name, value]) => [`SSM_${name}`, value]));
  const { exitCode, stdout } = await world.runCommand('i-1', { script, environment, timeoutSeconds: 20 });
  return { exitCode, ...(JSON.parse(stdout) as Readonly<Record<string, unknown>>) };
}

const linux: MachineSpec = { platform: 'Linux' };
const shed: Values = {
  classes: 'batch@port:8085 nightly@peer:10.9.0.0/16 customers@port:443',
  load: 'connections',
  highMark: '10',
  lowMark: '8',
  maxRounds: '5',
  maxPercentPerRound: '50',
  ttlSeconds: '60',
};
const sessions: Values = { engine: 'postgresql', mode: 'kill', users: 'importer' };

describe('the simulated documents', () => {
  it('answer the script for Windows as the one for Linux', async () => {
    const world = await start({ platform: 'Windows', tasks: [{ name: 'DataSync', active: true }] });

    const verdict = await run(world, holdTaskWindowsScript, { tasks: 'windows:DataSync', manner: 'remove' });

    expect(verdict).toMatchObject({ exitCode: 0, ok: true, document: 'hold-task', simulated: true });
    expect(verdict).toMatchObject({ tasks: [{ name: 'windows:DataSync', before: 'active', status: 'held' }] });
  });

  it('cut whom the server noted at night, home and golden ones spared, and nobody where nobody is left', async () => {
    const [stranger, atHome, golden] = ['203.0.113.9', '198.51.100.7', '10.20.0.5'];
    const peers = [stranger, atHome, golden].map((address) => peer({ name: address, address }));
    const world = await start({ ...linux, nightLogins: [stranger, atHome, golden] }, ...peers);
    const wanted = { scope: 'peers', peersFrom: 'night-logins', golden: `in@${golden}@any` };

    const none = await run(world, killConnectionsScript, { ...wanted, homeCidrs: '203.0.113.0/24 198.51.100.0/24' });
    const cut = await run(world, killConnectionsScript, { ...wanted, homeCidrs: '198.51.100.0/24' });

    expect(none).toMatchObject({ exitCode: 66, ok: false, blocked: false, peers: [], peersFound: 0 });
    expect(cut).toMatchObject({ exitCode: 0, ok: true, cut: 3, peers: [stranger], peersFound: 1 });
    expect((await world.count('i-1')).map(({ established }) => established)).toEqual([0, 3, 3]);
  });

  it('refuse on Windows to read whom to cut, and everywhere to read and to be told', async () => {
    const noted = { nightLogins: ['203.0.113.9'] };
    const onWindows = await start({ platform: 'Windows', ...noted }, peer());
    const onLinux = await start({ ...linux, ...noted }, peer());
    const wanted = { scope: 'peers', peersFrom: 'night-logins' };

    const refused: readonly Readonly<Record<string, unknown>>[] = [
      await run(onWindows, killConnectionsOnWindowsScript, wanted),
      await run(onLinux, killConnectionsScript, { ...wanted, peers: '203.0.113.7' }),
      await run(onLinux, killConnectionsScript, { ...wanted, scope: 'server' }),
    ];

    expect(refused.map(({ exitCode, ok }) => ({ exitCode, ok }))).toEqual(
      refused.map(() => ({ exitCode: 64, ok: false })),
    );
    expect(refused[0]?.['error']).toContain('Windows');
  });

  it.each([
    [undefined, 0],
    ['Asia/Tokyo', 540],
    ['Asia/Kolkata', 330],
    ['America/Phoenix', -420],
  ] as const)('tell %s as %s min east of UTC, of the host and of its database', async (timeZone, offsetMinutes) => {
    const database = { engine: 'mariadb' } as const;
    const world = await start({ ...linux, database, ...(timeZone !== undefined && { timeZone }) });

    const verdict = await run(world, detectTimeZonesScript, {});

    expect(TimeZonesVerdictSchema.parse(verdict)).toMatchObject({
      ok: true,
      offsetMinutes,
      engines: [{ engine: 'mariadb', offsetMinutes }],
    });
  });

  it.each([
    ['clock:PHC0', 'PHC0', ['wrong', 'wrong'], 'switched', 'PHC0'],
    ['server:10.0.7.9', '10.0.7.8', ['silent', 'silent'], 'switched', '10.0.7.9'],
    ['clock:PHC0', 'PHC0', ['silent', 'silent'], 'carried', 'PHC0'],
    ['clock:PHC0', 'PHC0', ['silent', 'right'], 'kept', '10.0.7.2'],
  ] as const)(
    'hold a clock by %s beside %s, its own sources %j: %s',
    async (held, other, answers, result, timeFrom) => {
      const [first, second] = answers;
      const timeSources = [
        { name: '10.0.7.1', answers: first },
        { name: '10.0.7.2', answers: second },
        { name: other, answers: other === 'PHC0' ? 'right' : 'silent' },
      ] satisfies MachineSpec['timeSources'];
      const world = await start({ ...linux, timeSources });
      const before = await world.readMachine('i-1');

      const verdict = await run(world, holdTimeScript, { sources: '10.0.7.1 10.0.7.2', backup: held, limitMs: '1' });
      const during = await world.readMachine('i-1');
      const released = await run(world, releaseTimeScript, { changed: result === 'switched' ? 'yes' : 'no' });

      expect(HoldVerdictSchema.parse(verdict)).toMatchObject({ ok: true, result, changed: result === 'switched' });
      expect(during.timeFrom).toBe(timeFrom);
      expect(ReleaseVerdictSchema.parse(released).ok).toBe(true);
      expect(await world.readMachine('i-1')).toEqual(before);
    },
  );

  it('leave the sources alone where the backup does not carry, and put nothing back that was not changed', async () => {
    const silent = { answers: 'silent' as const };
    const world = await start({
      ...linux,
      timeSources: [
        { name: '10.0.7.1', ...silent },
        { name: 'PHC0', ...silent },
      ],
    });
    const before = await world.readMachine('i-1');

    const verdict = await run(world, holdTimeScript, { sources: '10.0.7.1', backup: 'clock:PHC0', limitMs: '1' });
    const released = await run(world, releaseTimeScript, {});

    expect(verdict).toMatchObject({ exitCode: 1, ok: false, result: 'failed', changed: false });
    expect(released).toMatchObject({ exitCode: 3, error: 'No note on this host says what was held' });
    expect(await world.readMachine('i-1')).toEqual(before);
  });

  it('say that sources were put back already where the first answer got lost', async () => {
    const timeSources: MachineSpec['timeSources'] = [{ name: '10.0.7.1', answers: 'silent' }];
    const world = await start({ ...linux, timeSources });
    await run(world, holdTimeScript, { sources: '10.0.7.1', backup: 'holdover', limitMs: '1' });

    const [first, second] = [await run(world, releaseTimeScript, {}), await run(world, releaseTimeScript, {})];

    const sourceOf = (verdict: unknown) => ReleaseVerdictSchema.parse(verdict).sources;
    expect(sourceOf(first)).toMatchObject([{ name: '10.0.7.1', status: 'undone' }]);
    expect(sourceOf(second)).toMatchObject([{ name: '10.0.7.1', status: 'already-undone' }]);
  });

  it('refuse a block on Windows that leaves nothing out', async () => {
    const world = await start({ platform: 'Windows' }, peer());

    const verdict = await run(world, killConnectionsOnWindowsScript, { scope: 'server' });

    expect(verdict).toMatchObject({ exitCode: 64, ok: false, error: expect.stringContaining('blockRanges is empty') });
    expect((await world.count('i-1')).map(({ established }) => established)).toEqual([3]);
  });

  it('start nothing without a name or a note', async () => {
    const world = await start({ platform: 'Linux', services: [{ name: 'shop', active: false }] });

    expect(await run(world, startServiceScript, { services: '' })).toMatchObject({ exitCode: 3, ok: false });
    expect((await world.readMachine('i-1')).services).toEqual({ shop: 'inactive' });
  });

  it('measure no clock where there is none', async () => {
    const values = { mode: 'measure', source: '169.254.169.123', limitMs: '1', stableSeconds: '1' };

    const verdict = await run(await start(linux), resyncClockScript, values);

    expect(verdict).toMatchObject({ exitCode: 65, ok: false });
  });

  it('leave a clock alone that is right', async () => {
    const world = await start({ platform: 'Linux', clock: { offsetMs: 0.3, holds: false } });
    const values = { mode: 'step', source: '169.254.169.123', limitMs: '1', stableSeconds: '1' };

    expect(await run(world, resyncClockScript, values)).toMatchObject({ ok: true, stepped: false, offsetAfterMs: 0.3 });
  });

  it('list sessions without ending them', async () => {
    const importer = peer({ port: 5432, session: { user: 'importer' } });
    const world = await start({ platform: 'Linux', database: { engine: 'postgresql' } }, importer);

    const verdict = await run(world, killSessionsScript, { ...sessions, mode: 'list' });

    expect(verdict).toMatchObject({ ok: true, matched: 3, killed: 0 });
    expect((await world.count('i-1')).map(({ established }) => established)).toEqual([3]);
  });

  it.each<[string, Values, number]>([
    ['another engine', { engine: 'mariadb' }, 69],
    ['a database elsewhere', { connection: 'rds:orders' }, 69],
    ['an empty selection', { users: '' }, 64],
    ['held logins, which the model does not know', { holdLogins: 'yes' }, 64],
  ])('end no session for %s', async (_case, values, exitCode) => {
    const importer = peer({ port: 5432, session: { user: 'importer' } });
    const world = await start({ platform: 'Linux', database: { engine: 'postgresql' } }, importer);

    const verdict = await run(world, killSessionsScript, { ...sessions, ...values });

    expect(verdict).toMatchObject({ exitCode, ok: false });
    expect((await world.count('i-1')).map(({ established }) => established)).toEqual([3]);
  });

  it('have no login to let go', async () => {
    const verdict = await run(await start(linux), releaseSessionsScript, { engine: 'postgresql' });

    expect(verdict).toMatchObject({ ok: true, undone: [], drifted: [] });
  });

  it('never shed the highest class, and say that the load stays', async () => {
    const world = await start(linux, peer({ port: 8085 }), peer({ name: 'customers', port: 443, connections: 12 }));

    const verdict = await run(world, shedConnectionsScript, shed);

    expect(verdict).toMatchObject({ exitCode: 1, ok: false, state: 'still-overloaded', before: 15, after: 12, cut: 3 });
    expect((await world.count('i-1')).map(({ established }) => established)).toEqual([0, 12]);
  });

  it('shed nothing at the high mark', async () => {
    const world = await start(linux, peer({ port: 8085, connections: 10 }));

    const verdict = await run(world, shedConnectionsScript, shed);

    expect(verdict).toMatchObject({ ok: true, state: 'not-overloaded', cut: 0, blocked: false, tableDigest: '' });
  });

  it('shed by address too, a class after the other, and no more of them in a round than they may', async () => {
    const world = await start(
      linux,
      peer({ port: 8085, connections: 4 }),
      peer({ name: 'nightly', address: '10.9.1.1', port: 22, connections: 8 }),
    );

    const verdict = await run(world, shedConnectionsScript, { ...shed, lowMark: '3', maxRounds: '1' });

    expect(verdict).toMatchObject({ rounds: 1, cut: 6, perClass: { batch: 4, nightly: 2 }, after: 6 });
  });

  it('let shed classes in again when the time is over', async () => {
    const world = await start(linux, peer({ port: 8085, connections: 12 }));
    await run(world, shedConnectionsScript, shed);

    const during = await world.reconnect('i-1');
    clock.now += 60_000;
    const after = await world.reconnect('i-1');

    expect([during.length, after.length]).toEqual([0, 1]);
  });

  it.each<[string, Values, MachineSpec, object]>([
    ['bytes', { load: 'bytes', highMark: '10000', lowMark: '8000' }, linux, { before: 12_000, after: 8000, cut: 4 }],
    ['cpu', { load: 'cpu', highMark: '90', lowMark: '60' }, { ...linux, cpuPercent: 96 }, { before: 96, after: 56 }],
  ])('measure the load as %s', async (_load, values, machine, wanted) => {
    const world = await start(machine, peer({ port: 8085, connections: 12 }));

    expect(await run(world, shedConnectionsScript, { ...shed, ...values })).toMatchObject({ ok: true, ...wanted });
  });

  it.each<[string, Values]>([
    ['one class alone', { classes: 'batch@port:8085' }],
    ['a low mark above the high one', { lowMark: '11' }],
    ['a mark of CPU that no host reaches', { load: 'cpu', highMark: '101' }],
  ])('refuse to shed by %s', async (_case, values) => {
    const verdict = await run(await start(linux, peer({ port: 8085 })), shedConnectionsScript, { ...shed, ...values });

    expect(verdict).toMatchObject({ exitCode: 64, ok: false });
  });
});
