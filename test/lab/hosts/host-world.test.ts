import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killConnectionsScript } from '../../../documents/kill-connections.ts';
import { releaseConnectionsScript } from '../../../documents/release-connections.ts';
import { createHostWorld, detectRealHosts } from '../../../lab/hosts/create-host-world.ts';
import { HostWorldError } from '../../../lab/hosts/host-errors.ts';
import type { CommandResult, Firewall, HostWorld, PeerCount } from '../../../lab/hosts/host-world.ts';
import { closed, open, peer } from './host-peer.ts';

const realHosts = await detectRealHosts();
if (!realHosts.possible) console.warn(`Tests on real hosts are skipped: ${realHosts.reason}`);

const names = (counts: readonly PeerCount[]): readonly string[] => counts.map((count) => count.peer);

// Both kinds must answer alike: what a scenario learns on a simulated host must hold on a real one.
describe.for([
  { kind: 'real' as const, possible: realHosts.possible },
  { kind: 'simulated' as const, possible: true },
])('the $kind host world', ({ kind, possible }) => {
  let world: HostWorld;
  beforeEach(async () => {
    if (possible) world = await createHostWorld({ force: kind });
  });
  afterEach(() => world?.stop());
  const createServer = (...peers: ReturnType<typeof peer>[]): Promise<void> =>
    world.createServer({ instanceId: 'i-1', privateAddress: '10.0.1.20', peers });
  const run = (script: string, values: Readonly<Record<string, string>>): Promise<CommandResult> =>
    world.runCommand('i-1', {
      script,
      environment: Object.fromEntries(Object.entries(values).map(([name, value]) => [`SSM_${name}`, value])),
      timeoutSeconds: 20,
    });
  const kill = (values: Readonly<Record<string, string>> = {}): Promise<CommandResult> =>
    run(killConnectionsScript, { incident: 'a', scope: 'server', ttlSeconds: '0', deadlineSeconds: '20', ...values });

  it.skipIf(!possible)('says which kind it is', () => {
    expect(world.kind).toBe(kind);
  });

  it.skipIf(!possible)('counts the connections of each peer, in both directions', async () => {
    await createServer(
      peer(),
      peer({ name: 'database', address: '10.0.2.5', direction: 'out', port: 5432, connections: 2 }),
      peer({ name: 'golden', address: '10.20.0.5', golden: true }),
    );

    expect(await world.count('i-1')).toEqual([
      { peer: 'stranger', golden: false, established: 3 },
      { peer: 'database', golden: false, established: 2 },
      { peer: 'golden', golden: true, established: 3 },
    ]);
  });

  it.skipIf(!possible)('lets tracked flows live when the rules change, and judges new ones', async () => {
    await createServer(
      peer(),
      peer({ name: 'out', address: '10.0.2.5', direction: 'out', port: 5432 }),
      peer({ name: 'tracked', address: '10.20.0.5', golden: true }),
    );
    await world.watch('i-1');

    await world.applyFirewall('i-1', closed);

    expect((await world.count('i-1')).map(({ established }) => established)).toEqual([3, 3, 3]);
    expect(await world.firstBlockedAt('i-1')).toBeTypeOf('number');
    expect(await world.goldenLost('i-1')).toBe(0);
    await kill({ scope: 'peers', peers: '203.0.113.7 10.0.2.5' });
    await run(releaseConnectionsScript, { incident: 'a', deadlineSeconds: '20' });
    expect(names(await world.reconnect('i-1'))).toEqual(['tracked']);
    await world.applyFirewall('i-1', open);
    expect(names(await world.reconnect('i-1'))).toEqual(['stranger', 'out', 'tracked']);
  });

  it.skipIf(!possible)('judges new flows by protocol, port and address of the rules', async () => {
    await createServer(peer(), peer({ name: 'other', address: '198.51.100.9' }), peer({ name: 'admin', port: 22 }));
    await world.applyFirewall('i-1', {
      ingress: [
        { protocol: 'tcp', fromPort: 8000, toPort: 9000, cidr: '203.0.113.0/24' },
        { protocol: 'udp', fromPort: -1, toPort: -1, cidr: '0.0.0.0/0' },
      ],
      egress: [],
    });
    await kill();
    await run(releaseConnectionsScript, { incident: 'a', deadlineSeconds: '20' });

    expect(names(await world.reconnect('i-1'))).toEqual(['stranger']);
  });

  it.skipIf(!possible)('blocks nobody as long as nothing is done', async () => {
    await createServer(peer(), peer({ name: 'golden', address: '10.20.0.5', golden: true }));
    await world.watch('i-1');

    expect(await world.firstBlockedAt('i-1')).toBeUndefined();
    expect(await world.goldenLost('i-1')).toBe(0);
  });

  it.skipIf(!possible)('sees no block of a peer that it is not to dial by, and one of a peer that it is', async () => {
    const only8080: Firewall = {
      ingress: [{ protocol: 'tcp', fromPort: 8080, toPort: 8080, cidr: '0.0.0.0/0' }],
      egress: [],
    };
    await createServer(peer({ name: 'web', port: 443 }), peer({ name: 'batch' }));
    await world.watch('i-1', ['batch']);

    await world.applyFirewall('i-1', only8080);
    // Ten dials could have failed by then.
    await sleep(100);
    const afterTheOther = await world.firstBlockedAt('i-1');
    await world.applyFirewall('i-1', closed);

    expect(afterTheOther).toBeUndefined();
    expect(await world.firstBlockedAt('i-1')).toBeTypeOf('number');
  });

  it.skipIf(!possible)('counts golden connections that broke since the watch', async () => {
    await createServer(peer(), peer({ name: 'golden', address: '10.20.0.5', golden: true }));
    await world.watch('i-1');

    await kill({ golden: 'in@10.99.0.0/16@8080' });

    expect(await world.goldenLost('i-1')).toBe(3);
  });

  it.skipIf(!possible)('runs the documents from cut to release', async () => {
    await createServer(peer(), peer({ name: 'golden', address: '10.20.0.5', golden: true }));
    await world.watch('i-1');

    const killed = await kill({ golden: 'in@10.20.0.5@8080' });
    const verdict = JSON.parse(killed.stdout) as { readonly tableDigest: string; readonly cut: number };
    const cut = await world.count('i-1');
    const back = await world.reconnect('i-1');
    const wrong = await run(releaseConnectionsScript, {
      incident: 'a',
      deadlineSeconds: '9',
      expectedDigest: 'f'.repeat(64),
    });
    const values = { incident: 'a', deadlineSeconds: '9', expectedDigest: verdict.tableDigest };
    const right = await run(releaseConnectionsScript, values);
    const again = await run(releaseConnectionsScript, values);

    expect(verdict).toMatchObject({ ok: true, survivors: 0, goldenBefore: 3, goldenLost: 0, blocked: true });
    expect(verdict.cut).toBeGreaterThanOrEqual(3); // a dial of the watch may be among them
    expect(cut.map(({ established }) => established)).toEqual([0, 3]);
    expect(names(back)).toEqual(['golden']);
    expect(await world.firstBlockedAt('i-1')).toBeTypeOf('number');
    expect([wrong, right, again].map(({ exitCode }) => exitCode)).toEqual([3, 0, 0]);
    expect([wrong, right, again].map(({ stdout }) => (JSON.parse(stdout) as { readonly state: string }).state)).toEqual(
      ['drifted', 'released', 'already-released'],
    );
    expect(names(await world.reconnect('i-1'))).toEqual(['stranger', 'golden']);
  });

  it.skipIf(!possible)('refuses parameters as the script does', async () => {
    await createServer(peer());

    const { exitCode, stdout } = await kill({ golden: 'in@10.0.0.1@080' });

    expect(exitCode).toBe(64);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false });
    expect((await world.count('i-1')).map(({ established }) => established)).toEqual([3]);
  });

  it.skipIf(!possible)('takes the link between two servers for one, whoever names it first', async () => {
    await createServer(peer({ name: 'b', address: '10.0.1.30', direction: 'out', port: 5432 }));
    await world.createServer({
      instanceId: 'i-2',
      privateAddress: '10.0.1.30',
      peers: [peer({ name: 'a', address: '10.0.1.20', port: 5432, golden: true })],
    });
    const before = await world.count('i-2');
    await world.watch('i-2');

    await kill();

    expect(before).toEqual([{ peer: 'a', golden: true, established: 3 }]);
    expect(await world.count('i-2')).toEqual([{ peer: 'a', golden: true, established: 0 }]);
    expect(await world.goldenLost('i-2')).toBe(3);
    expect(await world.reconnect('i-2')).toEqual([]);
  });

  it.skipIf(!possible)('refuses what it could not build or count truthfully', async () => {
    await createServer(peer());
    const bad = (change: Parameters<typeof peer>[0], privateAddress = '10.0.1.30'): Promise<void> =>
      world.createServer({ instanceId: 'i-2', privateAddress, peers: [peer(change), peer({ address: '10.9.9.9' })] });

    await expect(createServer()).rejects.toThrow(HostWorldError);
    await expect(bad({ address: '10.9.9.9' })).rejects.toThrow(/cannot be counted apart/);
    await expect(bad({ address: 'fd00::1' })).rejects.toThrow(/a family the server has/);
    await expect(bad({ port: 0 })).rejects.toThrow(/port "0"/);
    await expect(bad({}, '10.0.1.20')).rejects.toThrow(/has the address/);
    await expect(world.count('i-9')).rejects.toThrow(/Cannot find server "i-9"/);
  });
});
