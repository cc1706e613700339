import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
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
} from './run-document.ts';

let world: HostWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

describe.skipIf(!realHosts.possible)('release-connections on a real host', () => {
  it('takes exactly the block away, and says so a second time without harm', async () => {
    world = await startServer([peer()]);
    await runShell(world, 'nft add table inet somebody_else');
    const before = await runShell(world, 'nft list ruleset');
    const { verdict } = await runKill(world);

    const first = await runRelease(world, { expectedDigest: verdict.tableDigest });
    const second = await runRelease(world, { expectedDigest: verdict.tableDigest });

    expect(first.verdict).toMatchObject({ ok: true, state: 'released', tableDigest: verdict.tableDigest });
    expect(second.verdict).toMatchObject({ ok: true, state: 'already-released' });
    expect(await runShell(world, 'nft list ruleset')).toBe(before);
    expect(await world.reconnect(instanceId)).toEqual([{ peer: 'stranger', golden: false, established: 5 }]);
  });

  it('leaves a table alone that somebody changed, and reports the drift', async () => {
    world = await startServer([peer()]);
    const { verdict } = await runKill(world);
    await runShell(world, 'nft insert rule inet connection_fuse_inc_1 prerouting tcp dport 8080 accept');
    const changed = await runShell(world, 'nft -s list ruleset');

    const { exitCode, verdict: drifted } = await runRelease(world, { expectedDigest: verdict.tableDigest });
    const forced = await runRelease(world, { expectedDigest: drifted.tableDigest });

    expect({ exitCode, ...drifted }).toMatchObject({ exitCode: 3, ok: false, state: 'drifted' });
    expect(drifted.tableDigest).not.toBe(verdict.tableDigest);
    expect(changed).toContain('accept');
    expect(forced.verdict.state).toBe('released');
  });

  it('goes by the note on the host when no digest is given, and refuses without a note', async () => {
    world = await startServer([peer()]);
    await runKill(world);
    const noted = await runRelease(world);
    await runKill(world);
    await runShell(world, 'rm "$CF_STATE_DIR/inc-1/table.sha256"');

    const blind = await runRelease(world);

    expect([noted, blind].map(({ verdict }) => verdict.state)).toEqual(['released', 'drifted']);
    expect(await runShell(world, 'nft list tables')).toContain('connection_fuse_inc_1');
  });

  it('keeps two incidents on one host apart', async () => {
    world = await startServer([peer({ name: 'attacker' }), peer({ name: 'admin', address: '198.51.100.9', port: 22 })]);
    const first = await runKill(world, { incident: 'inc-a', scope: 'peers', peers: '203.0.113.7' });
    await runKill(world, { incident: 'inc-b', scope: 'ports', ports: '22' });

    const during = await world.reconnect(instanceId);
    await runRelease(world, { incident: 'inc-a', expectedDigest: first.verdict.tableDigest });

    expect(during).toEqual([]);
    expect(await world.reconnect(instanceId)).toEqual([{ peer: 'attacker', golden: false, established: 5 }]);
    expect(await countByPeer(world)).toEqual({ attacker: 5, admin: 0 });
  });

  it('lets the kernel lift a block whose time is over, and still knows the table as its own', async () => {
    world = await startServer([peer()]);
    const { verdict } = await runKill(world, { ttlSeconds: '3' });
    const during = await runRelease(world, { expectedDigest: '0'.repeat(64) });
    await sleep(3300);

    const back = await world.reconnect(instanceId);
    const { verdict: released } = await runRelease(world, { expectedDigest: verdict.tableDigest });

    expect(during.verdict).toMatchObject({ state: 'drifted', expired: false, tableDigest: verdict.tableDigest });
    expect(back).toEqual([{ peer: 'stranger', golden: false, established: 5 }]);
    expect(released).toMatchObject({ ok: true, state: 'released', expired: true });
  });
});
