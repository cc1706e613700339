import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { killConnectionsScript } from '../../documents/kill-connections.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import {
  countByPeer,
  instanceId,
  peer,
  realHosts,
  runKill,
  runShell,
  startServer,
  wrapScript,
} from './run-document.ts';

let world: HostWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const golden = peer({ name: 'golden', address: '10.20.0.5', golden: true });
const isAlive = 'ss -tlnH "sport = :8080" | wc -l';

describe.skipIf(!realHosts.possible)('kill-connections on a real host', () => {
  it.for([{ dualStack: true }, { dualStack: false }])(
    'cuts 900 of 1,000 connections and keeps the 100 golden ones, dual-stack listener: $dualStack',
    async ({ dualStack }) => {
      const strangers = [1, 2, 3].map((n) =>
        peer({ name: `stranger${n}`, address: `203.0.113.${n}`, connections: 300 }),
      );
      world = await startServer([...strangers, peer({ ...golden, connections: 100 })], { dualStack });
      await runShell(
        world,
        `nft 'add table ip t; add chain ip t post { type filter hook postrouting priority 0; }
         add counter ip t resets; add rule ip t post tcp flags & rst == rst counter name resets'`,
      );
      await world.watch(instanceId);

      const { verdict, exitCode, stdout } = await runKill(world, { golden: 'in@10.20.0.0/16@8080' });

      expect(verdict).toMatchObject({
        ok: true,
        survivors: 0,
        goldenBefore: 100,
        goldenLost: 0,
        blocked: true,
        error: '',
      });
      expect({ exitCode, selected: verdict.cut >= 900 }).toEqual({ exitCode: 0, selected: true });
      expect(stdout.length).toBeLessThan(2000);
      expect(await countByPeer(world)).toEqual({ stranger1: 0, stranger2: 0, stranger3: 0, golden: 100 });
      expect(await world.goldenLost(instanceId)).toBe(0);
      expect(await world.firstBlockedAt(instanceId)).toBeTypeOf('number');
      expect(Number(await runShell(world, isAlive))).toBe(1);
      const resets = await runShell(world, 'nft list counter ip t resets');
      expect(Number(/packets (\d+)/.exec(resets)?.[1])).toBeGreaterThanOrEqual(900);
    },
  );

  it('writes the exact list of what it cut, with its digest', async () => {
    world = await startServer([peer(), golden]);

    const { verdict } = await runKill(world, { golden: 'in@10.20.0.5@8080' });
    const list = await runShell(world, `cat ${verdict.listFile}; sha256sum <${verdict.listFile}`);

    const lines = list.trim().split('\n');
    expect(lines.slice(0, -1)).toHaveLength(5);
    expect(lines.slice(0, -1).every((line) => line.includes('203.0.113.7'))).toBe(true);
    expect(lines.at(-1)).toBe(`${verdict.listDigest}  -`);
  });

  it('cuts IPv6 peers and keeps golden IPv6 channels of both directions', async () => {
    world = await startServer([
      peer({ name: 'stranger6', address: 'fd20::7' }),
      peer({ name: 'in6', address: 'fd20:1::5', golden: true }),
      peer({ name: 'out6', address: 'fd20:2::5', direction: 'out', port: 123, golden: true }),
      peer({ name: 'out', address: '10.20.0.9', direction: 'out', port: 5432, golden: true }),
    ]);
    await world.watch(instanceId);

    const channels = 'in@fd20:1::/64@8080 out@fd20:2::5@123 out@10.20.0.9@5432';
    const { verdict } = await runKill(world, { golden: channels });

    expect(verdict).toMatchObject({ ok: true, survivors: 0, goldenBefore: 15, goldenLost: 0 });
    expect(await countByPeer(world)).toEqual({ stranger6: 0, in6: 5, out6: 5, out: 5 });
    expect(await world.goldenLost(instanceId)).toBe(0);
    const names = (await world.reconnect(instanceId)).map((count) => count.peer);
    expect(names).toEqual(['in6', 'out6', 'out']);
  });

  it('cuts a golden address on every port that is not golden', async () => {
    world = await startServer([golden, peer({ name: 'sideDoor', address: '10.20.0.5', port: 9090 })]);

    await runKill(world, { golden: 'in@10.20.0.0/16@8080' });

    expect(await countByPeer(world)).toEqual({ golden: 5, sideDoor: 0 });
  });

  it('spares the addresses the agent needs, and link-local services', async () => {
    world = await startServer([
      peer({ name: 'endpoint', address: '10.0.9.9', direction: 'out', port: 443 }),
      peer({ name: 'metadata', address: '169.254.169.254', direction: 'out', port: 80 }),
      peer({ name: 'stranger', direction: 'out', port: 443 }),
    ]);

    await runKill(world, { agent: '10.0.9.0/24' });

    expect(await countByPeer(world)).toEqual({ endpoint: 5, metadata: 5, stranger: 0 });
  });

  it('cuts only the peers it is given, in both directions', async () => {
    world = await startServer([
      peer({ name: 'attackerIn' }),
      peer({ name: 'attackerOut', direction: 'out', port: 4444 }),
      peer({ name: 'attacker6', address: 'fd66::1' }),
      peer({ name: 'customer', address: '198.51.100.9' }),
    ]);

    const { verdict } = await runKill(world, { scope: 'peers', peers: '203.0.113.7 fd66::/16' });

    expect(verdict).toMatchObject({ ok: true, selected: 15, cut: 15, survivors: 0 });
    expect(await countByPeer(world)).toEqual({ attackerIn: 0, attackerOut: 0, attacker6: 0, customer: 5 });
    expect((await world.reconnect(instanceId)).map((count) => count.peer)).toEqual(['customer']);
  });

  it('cuts only the ports it is given, for everyone but golden channels', async () => {
    world = await startServer([
      peer({ name: 'web' }),
      golden,
      peer({ name: 'admin', address: '198.51.100.9', port: 22 }),
      peer({ name: 'upstream', address: '198.51.100.10', direction: 'out', port: 8080 }),
    ]);

    await runKill(world, { scope: 'ports', ports: '8080 8443', golden: 'in@10.20.0.5@8080' });

    expect(await countByPeer(world)).toEqual({ web: 0, golden: 5, admin: 5, upstream: 5 });
    expect((await world.reconnect(instanceId)).map((count) => count.peer)).toEqual(['golden', 'admin', 'upstream']);
  });

  it('keeps clients out that dial again at once', async () => {
    world = await startServer([peer({ connections: 100, redials: true }), golden]);

    const { verdict } = await runKill(world, { golden: 'in@10.20.0.5@8080' });
    await sleep(300);

    expect(verdict).toMatchObject({ ok: true, survivors: 0 });
    expect(await countByPeer(world)).toEqual({ stranger: 0, golden: 5 });
  });

  it('refreshes its table and kills what came back when it runs again', async () => {
    world = await startServer([peer()]);

    const first = await runKill(world);
    const second = await runKill(world);
    await runShell(world, 'nft flush ruleset');
    await world.reconnect(instanceId);
    const third = await runKill(world);

    expect([first, second, third].map(({ verdict }) => verdict.cut)).toEqual([5, 0, 5]);
    expect(new Set([first, second, third].map(({ verdict }) => verdict.tableDigest)).size).toBe(1);
    expect(await countByPeer(world)).toEqual({ stranger: 0 });
  });

  it('tells every peer at once, also those it was just talking to', async () => {
    world = await startServer([peer({ name: 'other', address: '10.0.1.30', direction: 'out', connections: 60 })]);
    const other = { instanceId: 'i-other', privateAddress: '10.0.1.30' };
    await world.createServer({ ...other, peers: [peer({ name: 'us', address: '10.0.1.20', connections: 60 })] });

    const { verdict } = await runKill(world);

    expect(verdict).toMatchObject({ ok: true, cut: 60, survivors: 0 });
    expect(await world.count('i-other')).toEqual([{ peer: 'us', golden: false, established: 0 }]);
  });

  it('takes lists as long as they may be', async () => {
    const golden6 = Array.from({ length: 200 }, (_, n) => `in@fd20:1111:2222:3333:4444:5555:${n + 4096}:6666@8080`);
    const peers = Array.from({ length: 580 }, (_, n) => `198.19.${n % 250}.${Math.floor(n / 250)}`);
    world = await startServer([
      peer({ name: 'attacker', address: '198.19.249.0' }),
      peer({ name: 'lastAttacker', address: '198.19.79.2' }),
      peer({ name: 'golden', address: '198.19.5.0', golden: true }),
    ]);

    const { verdict } = await runKill(world, {
      scope: 'peers',
      peers: peers.join(' '),
      golden: `in@198.19.5.0@8080 in@198.19.5.0/30@8080 ${golden6.slice(0, 150).join(' ')}`,
    });

    expect(verdict).toMatchObject({ ok: true, selected: 10, cut: 10, survivors: 0, goldenBefore: 5, goldenLost: 0 });
  });

  it('leaves what runs over loopback and over its own address alone', async () => {
    world = await startServer([peer()]);

    const talk = await runShell(
      world,
      wrapScript(
        killConnectionsScript,
        `exec 3<>/dev/tcp/127.0.0.1/8080 4<>/dev/tcp/10.0.1.20/8080
         export SSM_incident=inc-1 SSM_scope=server SSM_ttlSeconds=0 SSM_deadlineSeconds=20
         bash "$inner" >&2
         for fd in 3 4; do echo hello >&$fd; read -t 2 -r line <&$fd; echo "$line"; done`,
      ),
    );

    expect(talk).toBe('hello\nhello\n');
    expect(await countByPeer(world)).toEqual({ stranger: 0 });
  });

  it('leaves the host its nameservers, and no other address on port 53', async () => {
    world = await startServer([peer()]);
    const script = wrapScript(
      killConnectionsScript,
      `printf 'search example\nnameserver 10.0.0.2\nnameserver 127.0.0.53\nnameserver fd30::53\nnameserver bad;x\n' >"$CF_STATE_DIR/resolv"
       export inner CF_STATE_DIR
       exec unshare -m bash -c 'mount --bind "$CF_STATE_DIR/resolv" /etc/resolv.conf && exec bash "$inner"'`,
    );

    const { verdict } = await runKill(world, {}, script);
    const asked = await runShell(
      world,
      'for to in 10.0.0.2 10.0.0.3; do (echo x >"/dev/udp/$to/53") 2>/dev/null && echo "$to"; done; true',
    );

    expect(verdict).toMatchObject({ ok: true, blocked: true });
    expect(asked).toBe('10.0.0.2\n');
  });
});
