import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { blockConnectionsScript } from '../../documents/block-connections.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import {
  countByPeer,
  instanceId,
  peer,
  realHosts,
  runKill,
  runRelease,
  runShell,
  startServer,
  wrapScript,
} from './run-document.ts';
import type { DocumentRun, Values } from './run-document.ts';

let world: HostWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const golden = peer({ name: 'golden', address: '10.20.0.5', golden: true });
const channel = { golden: 'in@10.20.0.0/16@8080' };

/** Runs the block document, on port 8080 where nothing else is given. */
async function runBlock(host: HostWorld, values: Values, script = blockConnectionsScript): Promise<DocumentRun> {
  const target = 'peers' in values || 'ports' in values ? {} : { ports: '8080' };
  const all = { incident: 'inc-1', ttlSeconds: '0', deadlineSeconds: '20', ...target, ...values };
  const environment = Object.fromEntries(Object.entries(all).map(([name, value]) => [`SSM_${name}`, value]));
  const result = await host.runCommand(instanceId, { script, environment, timeoutSeconds: 20 });
  return { ...result, verdict: JSON.parse(result.stdout || '{}') as DocumentRun['verdict'] };
}

const listPeers = async (host: HostWorld): Promise<readonly string[]> =>
  (await host.reconnect(instanceId)).map((count) => count.peer);

describe.skipIf(!realHosts.possible)('block-connections on a real host', () => {
  it('lets nothing new in on its ports, kills nothing, and keeps golden channels open', async () => {
    world = await startServer([
      peer(),
      golden,
      peer({ name: 'admin', address: '198.51.100.9', port: 22 }),
      peer({ name: 'upstream', address: '198.51.100.10', direction: 'out', port: 8080 }),
    ]);
    await world.watch(instanceId);

    const { exitCode, verdict, stdout } = await runBlock(world, channel);
    const dialled = await runShell(world, 'nft list table inet connection_fuse_inc_1 | grep -c golden_in_ip_8080');

    expect({ exitCode, ...verdict }).toMatchObject({
      exitCode: 0,
      ok: true,
      state: 'blocked',
      blocked: true,
      error: '',
    });
    expect(verdict.tableDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(Number(dialled)).toBeGreaterThan(1);
    expect(await countByPeer(world)).toMatchObject({ golden: 5, admin: 5, upstream: 5 });
    expect(await listPeers(world)).toEqual(['golden', 'admin', 'upstream']);
    expect(await world.goldenLost(instanceId)).toBe(0);
  });

  it('adds up peers and ports, in both families and directions', async () => {
    world = await startServer([
      peer({ name: 'web' }),
      peer({ name: 'attackerIn', address: '203.0.113.66', port: 22 }),
      peer({ name: 'attackerOut', address: '203.0.113.66', direction: 'out', port: 4444 }),
      peer({ name: 'attacker6', address: 'fd66::1', port: 22 }),
      peer({ name: 'admin', address: '198.51.100.9', port: 22 }),
    ]);

    const { verdict } = await runBlock(world, { ports: '8080 8443', peers: '203.0.113.66 fd66::/16' });

    expect(verdict).toMatchObject({ ok: true, state: 'blocked' });
    expect(await listPeers(world)).toEqual(['admin']);
  });

  it('blocks the peers alone when no port is given', async () => {
    world = await startServer([peer(), peer({ name: 'other', address: '198.51.100.9' })]);

    await runBlock(world, { peers: '203.0.113.7' });

    expect(await listPeers(world)).toEqual(['other']);
  });

  it('leaves open connections alone when it is lifted before anything crossed it', async () => {
    world = await startServer([peer()]);
    const before = await runShell(
      world,
      'nft list ruleset; ss -tnHe state established | grep -o "sk:[0-9a-f]*" | sort',
    );
    const { verdict } = await runBlock(world, {});

    const released = await runRelease(world, { expectedDigest: verdict.tableDigest });

    expect(released.verdict).toMatchObject({ ok: true, state: 'released', tableDigest: verdict.tableDigest });
    expect(await runShell(world, 'nft list ruleset; ss -tnHe state established | grep -o "sk:[0-9a-f]*" | sort')).toBe(
      before,
    );
  });

  it('says so when it blocks the same a second time, and takes another block for a new one', async () => {
    world = await startServer([peer()]);

    const runs = [
      await runBlock(world, {}),
      await runBlock(world, {}),
      await runBlock(world, { ports: '8080 22' }),
      await runBlock(world, { peers: '203.0.113.7' }),
    ];

    expect(runs.map(({ verdict }) => `${verdict.ok} ${verdict.state}`)).toEqual([
      'true blocked',
      'true already-blocked',
      'true blocked',
      'true blocked',
    ]);
    expect(new Set(runs.map(({ verdict }) => verdict.tableDigest)).size).toBe(3);
    expect((await runRelease(world)).verdict).toMatchObject({ ok: true, state: 'released' });
  });

  it('sets its table again where somebody changed or flushed it', async () => {
    world = await startServer([peer()]);
    const { verdict } = await runBlock(world, {});
    await runShell(world, 'nft insert rule inet connection_fuse_inc_1 prerouting tcp dport 8080 accept');

    const changed = await runBlock(world, {});
    await runShell(world, 'nft flush ruleset');
    const flushed = await runBlock(world, {});

    expect([changed, flushed].map((run) => `${run.verdict.state} ${run.verdict.tableDigest}`)).toEqual(
      [1, 2].map(() => `blocked ${verdict.tableDigest}`),
    );
    expect(await listPeers(world)).toEqual([]);
  });

  it('lets the kernel lift the block when its time is over', async () => {
    world = await startServer([peer()]);
    await runBlock(world, { ttlSeconds: '1' });
    await sleep(1300);

    const back = await listPeers(world);
    const same = await runBlock(world, { ttlSeconds: '1' });
    const longer = await runBlock(world, { ttlSeconds: '100' });

    expect(back).toEqual(['stranger']);
    expect([same, longer].map(({ verdict }) => verdict)).toMatchObject([
      { ok: true, state: 'blocked', blocked: true },
      { ok: true, state: 'blocked', blocked: true },
    ]);
    expect(await listPeers(world)).toEqual([]);
  });

  it('is taken over by a kill of the same incident, and one release lifts both exactly', async () => {
    world = await startServer([peer(), golden, peer({ name: 'admin', address: '198.51.100.9', port: 22 })]);
    await runShell(world, 'nft add table inet somebody_else');
    const before = await runShell(world, 'nft list ruleset');
    const blocked = await runBlock(world, channel);

    const killed = await runKill(world, { scope: 'ports', ports: '8080', ...channel });
    const tables = await runShell(world, 'nft list tables');
    const counts = await countByPeer(world);
    const released = await runRelease(world, { expectedDigest: killed.verdict.tableDigest });
    const twice = await runRelease(world, { expectedDigest: blocked.verdict.tableDigest });

    expect(killed.verdict).toMatchObject({ ok: true, cut: 5, survivors: 0, goldenLost: 0 });
    expect(tables).toBe('table inet somebody_else\ntable inet connection_fuse_inc_1\n');
    expect(counts).toEqual({ stranger: 0, golden: 5, admin: 5 });
    expect([released, twice].map(({ verdict }) => verdict.state)).toEqual(['released', 'already-released']);
    expect(await runShell(world, 'nft list ruleset')).toBe(before);
    expect(await listPeers(world)).toEqual(['stranger', 'golden', 'admin']);
  });

  it('never replaces the table of a kill by another', async () => {
    world = await startServer([peer(), peer({ name: 'admin', address: '198.51.100.9', port: 22 })]);
    const killed = await runKill(world, { scope: 'server' });

    const { exitCode, verdict } = await runBlock(world, {});

    expect({ exitCode, ...verdict }).toMatchObject({
      exitCode: 1,
      ok: false,
      state: 'taken',
      blocked: true,
      tableDigest: killed.verdict.tableDigest,
    });
    expect(await listPeers(world)).toEqual([]);
    expect((await runRelease(world)).verdict.state).toBe('released');
  });

  it('finds its block in the table of a kill that cut the same', async () => {
    world = await startServer([peer()]);
    const killed = await runKill(world, { scope: 'ports', ports: '8080' });

    const { verdict } = await runBlock(world, {});

    expect(verdict).toMatchObject({ ok: true, state: 'already-blocked', tableDigest: killed.verdict.tableDigest });
  });

  it('keeps two incidents on one host apart', async () => {
    world = await startServer([peer(), peer({ name: 'admin', address: '198.51.100.9', port: 22 })]);
    const first = await runBlock(world, { incident: 'inc-a', peers: '203.0.113.7' });
    await runBlock(world, { incident: 'inc-b', ports: '22' });

    await runRelease(world, { incident: 'inc-a', expectedDigest: first.verdict.tableDigest });

    expect(await listPeers(world)).toEqual(['stranger']);
  });
});

describe.skipIf(!realHosts.possible)('block-connections in trouble', () => {
  let host: HostWorld;
  beforeAll(async () => {
    host = await startServer([peer()]);
  });
  afterAll(() => host.stop());

  it.for([
    {
      what: 'nft refuses the table',
      lines: 'printf "#!/bin/bash\\n[[ \\$1 != -f ]] || exit 1\\nexec $real \\"\\$@\\"\\n"',
      exitCode: 70,
    },
    {
      what: 'nft says yes and does nothing',
      lines: 'printf "#!/bin/bash\\n[[ \\$1 != -f ]] || exit 0\\nexec $real \\"\\$@\\"\\n"',
      exitCode: 1,
    },
  ])('claims nothing when $what', async ({ lines, exitCode }) => {
    const script = wrapScript(
      blockConnectionsScript,
      `tool=$(readlink -f "$(type -P nft)") real=$CF_STATE_DIR/real-nft
       cp "$tool" "$real"
       ${lines} >"$CF_STATE_DIR/false-nft"
       chmod +x "$CF_STATE_DIR/false-nft"
       export tool inner CF_STATE_DIR
       exec unshare -m bash -c 'mount --bind "$CF_STATE_DIR/false-nft" "$tool" && exec bash "$inner"'`,
    );

    const { verdict, ...run } = await runBlock(host, {}, script);

    expect({ exitCode: run.exitCode, ...verdict }).toMatchObject({ exitCode, ok: false, state: '', blocked: false });
    expect(await countByPeer(host)).toEqual({ stranger: 5 });
  });

  it('reports a lost CAP_NET_ADMIN, with nothing blocked', async () => {
    const script = wrapScript(
      blockConnectionsScript,
      'exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin bash "$inner"',
    );

    const { exitCode, verdict } = await runBlock(host, {}, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 77, ok: false, blocked: false });
  });
});
