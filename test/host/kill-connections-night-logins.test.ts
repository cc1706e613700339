import { afterEach, describe, expect, it } from 'vitest';
import { KillVerdictSchema } from '../../lambdas/shared/actions/kill-connections/verdicts.ts';
import { readVerdict } from '../../lambdas/shared/actions/host-work/read-verdict.ts';
import type { HostWorld, PeerSpec } from '../../lab/hosts/host-world.ts';
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

const stranger = '203.0.113.9';
const cameras = peer({ name: 'cameras', address: '10.0.7.1', connections: 20 });
const logins = { incident: 'inc-1', scope: 'peers', peersFrom: 'night-logins', homeCidrs: '10.0.0.0/8 fd30::/16' };

/** A server whose sensor noted these logins, so many seconds ago each. */
async function startNoted(peers: readonly PeerSpec[], noted: readonly (readonly [number, string])[]) {
  world = await startServer([cameras, ...peers]);
  await note(world, noted);
  return world;
}

async function note(host: HostWorld, noted: readonly (readonly [number, string])[]): Promise<void> {
  const lines = noted.map(([seconds, address]) => `echo "$((now - ${seconds})) "'${address}'`).join('\n');
  const file = '"$CF_STATE_DIR/host_sensor/night-logins"';
  await runShell(host, `mkdir -p "$CF_STATE_DIR/host_sensor"; now=$(date +%s)\n{ ${lines || ':'}\n} >${file}`);
}

const tables = async (host: HostWorld) => (await runShell(host, 'nft list tables')).trim();

describe.skipIf(!realHosts.possible)('kill-connections by the logins a host noted', () => {
  it('cuts who logged in just before on every port and keeps them out, and lifts exactly that', async () => {
    const host = await startNoted(
      [
        peer({ name: 'ssh', address: stranger, port: 22 }),
        peer({ name: 'web', address: stranger, port: 443 }),
        peer({ name: 'stranger6', address: 'fd66::1' }),
      ],
      [
        [60, stranger],
        [30, stranger],
        [20, 'fd66::1'],
      ],
    );

    const { verdict, stdout, exitCode } = await runKill(host, logins);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 0, ok: true, selected: 15, cut: 15, survivors: 0 });
    // As the function reads it: the peers are what nobody knew before.
    expect(readVerdict(KillVerdictSchema, stdout, 'inc-1')).toMatchObject({
      peers: [stranger, 'fd66::1'],
      peersFound: 2,
    });
    expect(stdout.length).toBeLessThan(2000);
    expect(await countByPeer(host)).toEqual({ cameras: 20, ssh: 0, web: 0, stranger6: 0 });
    expect((await host.reconnect(instanceId)).map((count) => count.peer)).toEqual(['cameras']);

    const release = await runRelease(host, { expectedDigest: verdict.tableDigest });
    expect(release.verdict).toMatchObject({ ok: true, state: 'released' });
    const back = await host.reconnect(instanceId);
    expect(back.map((count) => count.peer)).toEqual(['cameras', 'ssh', 'web', 'stranger6']);
    expect(await tables(host)).toBe('');
  });

  it('leaves alone who is at home, golden, or needed by the agent, though they are noted', async () => {
    const host = await startNoted(
      [
        peer({ name: 'ssh', address: stranger }),
        peer({ name: 'golden', address: '198.51.100.5', golden: true }),
        peer({ name: 'agent', address: '198.51.100.77' }),
      ],
      [
        [60, '10.0.7.1'],
        [50, '198.51.100.5'],
        [40, '198.51.100.77'],
        [30, `::ffff:${stranger}`],
      ],
    );
    const spared = { golden: 'in@198.51.100.0/29@22', agent: '198.51.100.64/26' };

    const { verdict, stdout } = await runKill(host, { ...logins, ...spared });

    expect(verdict).toMatchObject({ ok: true, cut: 5, goldenLost: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ peers: [stranger], peersFound: 1 });
    expect(await countByPeer(host)).toEqual({ cameras: 20, ssh: 0, golden: 5, agent: 5 });
  });

  it.each([
    ['none at all', []],
    ['old ones only', [[901, stranger]]],
    ['times to come', [[-120, stranger]]],
    [
      'people at home',
      [
        [30, '10.9.9.9'],
        [30, 'fd30:1::1'],
        [30, '127.0.0.1'],
      ],
    ],
    [
      'lines of another form',
      [
        [30, '203.0.113.0/24'],
        [20, '$(touch /tmp/cf-night)'],
        [10, ''],
      ],
    ],
  ] as const)('cuts nothing and says so where the host noted %s', async (_case, noted) => {
    const host = await startNoted([peer({ name: 'ssh', address: stranger })], noted);

    const { verdict, exitCode } = await runKill(host, logins);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 66, ok: false, blocked: false, cut: 0, selected: 0 });
    expect(verdict.error).toContain('Nobody to cut');
    expect(await countByPeer(host)).toEqual({ cameras: 20, ssh: 5 });
    expect(await tables(host)).toBe('');
    expect(await runShell(host, 'ls /tmp/cf-night 2>/dev/null || true')).toBe('');
    expect((await runRelease(host)).verdict).toMatchObject({ ok: true, state: 'already-released' });
  });

  it('says that no sensor is there, and believes no link in its place', async () => {
    world = await startServer([peer({ name: 'ssh', address: stranger })]);

    const without = await runKill(world, logins);
    await runShell(
      world,
      `mkdir -p "$CF_STATE_DIR/host_sensor"; echo "$(date +%s) ${stranger}" >"$CF_STATE_DIR/elsewhere"
       ln -s "$CF_STATE_DIR/elsewhere" "$CF_STATE_DIR/host_sensor/night-logins"`,
    );
    const linked = await runKill(world, logins);

    for (const { exitCode, verdict } of [without, linked]) {
      expect({ exitCode, ok: verdict.ok, blocked: verdict.blocked }).toEqual({
        exitCode: 66,
        ok: false,
        blocked: false,
      });
      expect(verdict.error).toContain('No sensor notes logins');
    }
    expect(await countByPeer(world)).toEqual({ ssh: 5 });
  });

  it('cuts the others where one address can be given to no firewall, and does not call it done', async () => {
    const host = await startNoted(
      [peer({ name: 'ssh', address: stranger })],
      [
        [30, '0.1.2.3'],
        [30, stranger],
      ],
    );

    const { verdict, exitCode } = await runKill(host, logins);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, blocked: true, cut: 5 });
    expect(verdict.error).toContain('0.1.2.3');
    expect(await countByPeer(host)).toEqual({ cameras: 20, ssh: 0 });
  });

  it('keeps out in a second run whom the first one found, and starts anew after a release', async () => {
    const host = await startNoted([peer({ name: 'ssh', address: stranger })], [[30, stranger]]);

    const first = await runKill(host, logins);
    await note(host, [
      [5000, stranger],
      [5, '203.0.113.10'],
    ]);
    const second = await runKill(host, logins);
    await runRelease(host, { expectedDigest: second.verdict.tableDigest });
    const third = await runKill(host, logins);

    const peersOf = ({ stdout }: { readonly stdout: string }) => (JSON.parse(stdout) as { peers: string[] }).peers;
    expect([first, second, third].map(peersOf)).toEqual([[stranger], ['203.0.113.10', stranger], ['203.0.113.10']]);
  });

  it.each([
    ['scope server', { scope: 'server' }],
    ['scope ports', { scope: 'ports', ports: '22' }],
    ['peers beside it', { peers: '203.0.113.7' }],
    ['another place', { peersFrom: '/etc/passwd' }],
    ['no time', { sinceSeconds: '0' }],
    ['a home that is none', { homeCidrs: '10.0.0.0/33' }],
  ])('refuses %s', async (_case, values) => {
    const host = await startNoted([peer({ name: 'ssh', address: stranger })], [[30, stranger]]);

    const { verdict, exitCode } = await runKill(host, { ...logins, ...values });

    expect({ exitCode, ok: verdict.ok, blocked: verdict.blocked }).toEqual({ exitCode: 64, ok: false, blocked: false });
    expect(await countByPeer(host)).toMatchObject({ ssh: 5 });
  });
});
