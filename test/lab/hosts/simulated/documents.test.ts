import { describe, expect, it } from 'vitest';
import { holdTaskWindowsScript } from '../../../../documents/hold-task.ts';
import { killConnectionsOnWindowsScript } from '../../../../documents/kill-connections.ts';
import { killSessionsScript } from '../../../../documents/kill-sessions.ts';
import { releaseSessionsScript } from '../../../../documents/release-sessions.ts';
import { resyncClockScript } from '../../../../documents/resync-clock.ts';
import { shedConnectionsScript } from '../../../../documents/shed-connections.ts';
import { startServiceScript } from '../../../../documents/start-service.ts';
import type { HostWorld, PeerSpec } from '../../../../lab/hosts/host-world.ts';
import type { MachineSpec } from '../../../../lab/hosts/machine.ts';
import { createSimulatedHostWorld } from '../../../../lab/hosts/simulated/simulated-host-world.ts';
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
