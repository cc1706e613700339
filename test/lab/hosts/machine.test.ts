import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killConnectionsScript } from '../../../documents/kill-connections.ts';
import { killSessionsParameters, killSessionsScript } from '../../../documents/kill-sessions.ts';
import { resyncClockScript } from '../../../documents/resync-clock.ts';
import { shedConnectionsScript } from '../../../documents/shed-connections.ts';
import { startServiceScript } from '../../../documents/start-service.ts';
import { stopServiceScript } from '../../../documents/stop-service.ts';
import { holdTaskScript } from '../../../documents/hold-task.ts';
import { releaseTaskScript } from '../../../documents/release-task.ts';
import { createHostWorld, detectRealHosts } from '../../../lab/hosts/create-host-world.ts';
import type { HostWorld, PeerSpec } from '../../../lab/hosts/host-world.ts';
import type { MachineSpec } from '../../../lab/hosts/machine.ts';
import { peer } from './host-peer.ts';

const realHosts = await detectRealHosts();

/** Runs a document on a server and reads its verdict. */
async function run(
  world: HostWorld,
  instanceId: string,
  script: string,
  values: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>> & { readonly error: string }> {
  const all = { incident: 'inc-1', deadlineSeconds: '60', ...values };
  const environment = Object.fromEntries(Object.entries(all).map(([name, value]) => [`SSM_${name}`, value]));
  const { stdout, stderr } = await world.runCommand(instanceId, { script, environment, timeoutSeconds: 60 });
  if (stdout === '') throw new Error(`Document said nothing: ${stderr}`);
  return JSON.parse(stdout) as Readonly<Record<string, unknown>> & { readonly error: string };
}

// Both kinds must answer alike: what a scenario learns on a simulated host must hold on a real one.
describe.for([
  { kind: 'real' as const, possible: realHosts.possible },
  { kind: 'simulated' as const, possible: true },
])('the machines of the $kind host world', ({ kind, possible }) => {
  let world: HostWorld;
  let servers = 0;
  beforeAll(async () => {
    if (possible) world = await createHostWorld({ force: kind });
  });
  afterAll(() => world?.stop());
  const createServer = async (machine: MachineSpec, peers: readonly PeerSpec[] = []): Promise<string> => {
    const instanceId = `i-${++servers}`;
    await world.createServer({ instanceId, privateAddress: `10.0.1.${servers}`, machine, peers });
    return instanceId;
  };

  it.skipIf(!possible)('stops services and starts again what ran', async () => {
    const services = [
      { name: 'trading-engine', active: true },
      { name: 'reporting', active: false },
    ];
    const id = await createServer({ platform: 'Linux', services });
    const before = await world.readMachine(id);

    const stopped = await run(world, id, stopServiceScript, { services: 'trading-engine reporting' });
    const during = await world.readMachine(id);
    const started = await run(world, id, startServiceScript, { services: '' });
    const again = await run(world, id, startServiceScript, { services: 'trading-engine' });

    expect(before.services).toEqual({ 'trading-engine': 'active', reporting: 'inactive' });
    expect(stopped).toMatchObject({
      ok: true,
      services: [
        { name: 'trading-engine', before: 'active', now: 'inactive', status: 'stopped' },
        { name: 'reporting', before: 'inactive', now: 'inactive', status: 'already-stopped' },
      ],
    });
    expect(during.services).toEqual({ 'trading-engine': 'inactive', reporting: 'inactive' });
    expect(started).toMatchObject({ ok: true, services: [{ now: 'active', status: 'started' }] });
    expect(again).toMatchObject({ ok: true, services: [{ status: 'already-started' }] });
    expect(await world.readMachine(id)).toEqual(before);
  });

  it.skipIf(!possible)('says that a service is missing', async () => {
    const id = await createServer({ platform: 'Linux', services: [{ name: 'shop', active: true }] });

    const verdict = await run(world, id, stopServiceScript, { services: 'trading-engine' });

    expect(verdict).toMatchObject({ ok: false, services: [{ before: 'missing', status: 'failed' }] });
  });

  it.skipIf(!possible)('holds a task and lets it go', async () => {
    const id = await createServer({ platform: 'Linux', tasks: [{ name: 'timer:data-sync', active: true }] });

    const held = await run(world, id, holdTaskScript, { tasks: 'timer:data-sync', manner: 'disable' });
    const during = await world.readMachine(id);
    const released = await run(world, id, releaseTaskScript, { tasks: '', manner: 'disable' });

    expect(held).toMatchObject({ ok: true, tasks: [{ before: 'active', now: 'inactive', status: 'held' }] });
    expect(during.tasks).toEqual({ 'timer:data-sync': 'inactive' });
    expect(released).toMatchObject({ ok: true, tasks: [{ now: 'active', status: 'released' }] });
    expect((await world.readMachine(id)).tasks).toEqual({ 'timer:data-sync': 'active' });
  });

  it.skipIf(!possible).for([
    { holds: true, wanted: { ok: true, stepped: true, stable: true, withinLimit: true, hardwareClock: 'written' } },
    { holds: false, wanted: { ok: false, stepped: true, stable: false, withinLimit: false } },
  ])('steps a clock and says whether it stays right, holds: $holds', async ({ holds, wanted }) => {
    const id = await createServer({ platform: 'Linux', clock: { offsetMs: 800, holds } });
    const values = { mode: 'step', source: '169.254.169.123', limitMs: '1', stableSeconds: '1' };

    const verdict = await run(world, id, resyncClockScript, values);

    expect(verdict).toMatchObject({ ...wanted, offsetBeforeMs: 800 });
    expect((await world.readMachine(id)).clockOffsetMs).toBe(holds ? 0.02 : 800);
  });

  it.skipIf(!possible)('measures a clock and leaves it as it is', async () => {
    const id = await createServer({ platform: 'Linux', clock: { offsetMs: -3.5, holds: true } });
    const values = { mode: 'measure', source: '169.254.169.123', limitMs: '1', stableSeconds: '1' };

    const verdict = await run(world, id, resyncClockScript, values);

    expect(verdict).toMatchObject({ ok: true, offsetBeforeMs: -3.5, withinLimit: false, stepped: false });
    expect((await world.readMachine(id)).clockOffsetMs).toBe(-3.5);
  });

  it.skipIf(!possible)('ends the zombies of a port and keeps their peers out, the living stay', async () => {
    const id = await createServer({ platform: 'Linux' }, [
      peer({ name: 'live', port: 443 }),
      peer({ name: 'dead', address: '203.0.113.8', port: 443, zombie: true }),
      peer({ name: 'elsewhere', address: '203.0.113.9', port: 8080, zombie: true }),
    ]);
    await world.watch(id);
    const before = await world.count(id);

    const values = { scope: 'ports', ports: '80 443', only: 'zombies', silentSeconds: '1', ttlSeconds: '600' };
    const verdict = await run(world, id, killConnectionsScript, values);
    const after = await world.count(id);
    const blockedAt = await world.firstBlockedAt(id);
    const back = await world.reconnect(id);

    expect(before.map(({ established }) => established)).toEqual([3, 3, 3]);
    expect(verdict).toMatchObject({ ok: true, selected: 3, cut: 3, survivors: 0, blocked: true });
    expect(after.map(({ established }) => established)).toEqual([3, 0, 3]);
    expect(blockedAt).toBeTypeOf('number');
    expect(back.map((count) => count.peer)).toEqual(['live', 'elsewhere']);
  });

  it.skipIf(!possible)('does not take silence for a block', async () => {
    const id = await createServer({ platform: 'Linux' }, [peer({ address: '203.0.113.10', zombie: true })]);
    await world.watch(id);

    expect(await world.firstBlockedAt(id)).toBeUndefined();
  });

  it.skipIf(!possible)('sheds the lowest class until the low mark', async () => {
    const id = await createServer({ platform: 'Linux' }, [
      peer({ name: 'batch', address: '203.0.113.11', port: 8085, connections: 8 }),
      peer({ name: 'reports', address: '203.0.113.11', port: 8084, connections: 4 }),
      peer({ name: 'customers', address: '203.0.113.11', port: 443, connections: 8 }),
      peer({ name: 'golden', address: '10.20.0.5', port: 8085, connections: 2, golden: true }),
      peer({ name: 'of no class', address: '203.0.113.11', port: 22 }),
    ]);
    const values = {
      classes: 'batch@port:8085 reports@port:8084 customers@port:443',
      golden: 'in@10.20.0.5@8085',
      load: 'connections',
      highMark: '18',
      lowMark: '12',
      maxRounds: '3',
      maxPercentPerRound: '50',
      silentSeconds: '10',
      ttlSeconds: '600',
    };

    const verdict = await run(world, id, shedConnectionsScript, values);
    const after = await world.count(id);
    const back = await world.reconnect(id);

    expect(verdict).toMatchObject({ ok: true, state: 'shed', before: 20, after: 12, cut: 8, perClass: { batch: 8 } });
    expect(verdict).toMatchObject({ goldenBefore: 2, goldenLost: 0, rounds: 1, blocked: true });
    expect(after.map(({ established }) => established)).toEqual([0, 4, 8, 2, 3]);
    expect(back.map((count) => count.peer)).toEqual(['reports', 'customers', 'golden', 'of no class']);
  });

  it.skipIf(!possible)('ends the sessions of a user and application, golden and replicating ones never', async () => {
    const session = { user: 'order-import', application: 'import' };
    const at = (name: string, address: string, more: Partial<PeerSpec>): PeerSpec =>
      peer({ name, address, port: 5432, connections: 2, session, ...more });
    const id = await createServer({ platform: 'Linux', database: { engine: 'postgresql' } }, [
      at('dirty', '10.0.7.1', { session: { ...session, inTransaction: true } }),
      at('other application', '10.0.7.2', { session: { user: 'order-import', application: 'report' } }),
      at('other user', '10.0.7.3', { session: { user: 'shop', application: 'import' } }),
      at('golden', '10.0.9.4', { golden: true }),
      at('standby', '10.0.7.4', { session: { user: 'copier', application: 'import', isReplication: true } }),
    ]);
    await world.watch(id);

    const verdict = await run(world, id, killSessionsScript, {
      engine: 'postgresql',
      connection: 'local',
      mode: 'kill',
      users: 'order-import copier',
      applications: 'import',
      clients: '',
      minAgeSeconds: '0',
      golden: 'in@10.0.9.4@5432',
      spare: killSessionsParameters.spare.default,
      holdLogins: 'no',
    });
    const after = await world.count(id);

    expect(verdict).toMatchObject({ ok: true, matched: 2, killed: 2, survivors: 0, rolledBack: 2, error: '' });
    expect(verdict).toMatchObject({ spared: 4 });
    expect(after.map(({ established }) => established)).toEqual([0, 2, 2, 2, 2]);
    expect(await world.goldenLost(id)).toBe(0);
    expect((await world.reconnect(id)).length).toBe(5);
  });

  it.skipIf(!possible).for<[string, MachineSpec, Partial<PeerSpec>, RegExp]>([
    ['a golden zombie', { platform: 'Linux' }, { golden: true, zombie: true }, /golden and gone/],
    [
      'a session without a database',
      { platform: 'Linux' },
      { port: 5432, session: { user: 'a' } },
      /no database listens/,
    ],
    [
      'a session beside its database',
      { platform: 'Linux', database: { engine: 'postgresql' } },
      { port: 80, session: { user: 'a' } },
      /no database listens on port "80"/,
    ],
  ])('refuses %s', async ([_case, machine, change, reason]) => {
    await expect(createServer(machine, [peer(change)])).rejects.toThrow(reason);
  });

  it.skipIf(!possible)('says of each server what of it is imitated', async () => {
    const plain = await createServer({ platform: 'Linux' });
    const clock = { offsetMs: 0, holds: true };
    const trading = await createServer({ platform: 'Linux', services: [{ name: 'engine', active: true }], clock });
    const windows = await createServer({ platform: 'Windows', services: [{ name: 'MSSQLSERVER', active: true }] });

    const said = [plain, trading, windows].map((id) => world.standIns(id));

    const wanted = [[], ['systemd stood in for', 'clock simulated'], ['host simulated: it is a Windows server']];
    expect(said).toEqual(kind === 'simulated' ? wanted.map(() => ['host simulated']) : wanted);
  });
});
