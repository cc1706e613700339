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

/** Every kind of TCP socket a server has: IPv4-mapped and IPv6 ones of a dual-stack listener, and plain IPv4 ones. */
const families = [
  { name: 'mapped', stranger: '203.0.113.', golden: '10.20.0.5', direction: 'in', port: 8080 },
  { name: 'ipv6', stranger: 'fd66::', golden: 'fd20::5', direction: 'in', port: 8080 },
  { name: 'ipv4', stranger: '198.51.100.', golden: '10.30.0.5', direction: 'out', port: 9000 },
] as const;
/** What a listener of IPv4 alone gets: no mapped addresses, and what the kernel keeps of them looks different. */
const ipv4Families = [
  { name: 'listener8080', stranger: '203.0.113.', golden: '10.20.0.5', direction: 'in', port: 8080 },
  { name: 'listener80', stranger: '192.0.2.', golden: '10.20.0.6', direction: 'in', port: 80 },
  { name: 'listener443', stranger: '198.51.100.', golden: '10.20.0.7', direction: 'in', port: 443 },
] as const;
const goldenChannels =
  'in@10.20.0.0/16@8080 in@10.20.0.0/16@80 in@10.20.0.0/16@443 in@fd20::/64@8080 out@10.30.0.0/16@9000';
const listeners = `ss -tlnpH | awk '{ print $4, $6 }'`;
const countResets = `table inet lab { counter resets { }
chain post { type filter hook postrouting priority 0
tcp flags & rst == rst counter name resets
}
}`;

describe.skipIf(!realHosts.possible)('kill-connections of many', () => {
  it.for([
    { each: 63, kinds: 'of three kinds', of: families, dualStack: true },
    { each: 900, kinds: 'of three kinds', of: families, dualStack: true },
    { each: 63, kinds: 'by IPv4 alone', of: ipv4Families, dualStack: false },
    { each: 900, kinds: 'by IPv4 alone', of: ipv4Families, dualStack: false },
  ])(
    'cuts 15 times $each $kinds, keeps every tenth, tells everybody, and undoes exactly',
    async ({ each, of, dualStack }) => {
      const peers = [
        ...of.flatMap(({ name, stranger, golden, direction, port }) => [
          ...[1, 2, 3, 4, 5].map((n) =>
            peer({ name: `${name}${n}`, address: `${stranger}${n}`, direction, port, connections: each }),
          ),
          peer({ name: `${name}Golden`, address: golden, direction, port, connections: (each * 5) / 9, golden: true }),
        ]),
        peer({ name: 'redialler', address: '203.0.113.99', connections: each / 9, redials: true }),
      ];
      world = await startServer(peers, { dualStack });
      await runShell(world, `nft -f - <<'NFT'\n${countResets}\nNFT`);
      const before = await runShell(world, 'nft -s list ruleset');
      const listening = await runShell(world, listeners);
      await world.watch(instanceId);

      const { verdict } = await runKill(world, { golden: goldenChannels });
      await sleep(100);
      const counts = await countByPeer(world);
      const goldenLost = await world.goldenLost(instanceId);
      const resets = /packets (\d+)/.exec(await runShell(world, 'nft list counter inet lab resets'))?.[1];
      const list = `cut -d' ' -f2 ${verdict.listFile}`;
      const golden = await runShell(world, `${list} | grep -cE '10\\.[23]0\\.|fd20:' || true`);
      const stillListening = await runShell(world, listeners);
      const listed = await runShell(world, `${list} | wc -l; sha256sum <${verdict.listFile}`);
      const releases = [await runRelease(world, { expectedDigest: verdict.tableDigest }), await runRelease(world)];

      const victims = each * 15 + each / 9;
      const kept = (each * 5) / 3;
      expect(verdict).toMatchObject({ ok: true, survivors: 0, goldenBefore: kept, goldenLost: 0, error: '' });
      expect(verdict.cut).toBeGreaterThanOrEqual(victims);
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(kept);
      expect(goldenLost).toBe(0);
      expect(Number(resets)).toBeGreaterThanOrEqual(victims);
      expect([Number(golden), listed]).toEqual([0, `${verdict.cut}\n${verdict.listDigest}  -\n`]);
      expect(stillListening).toBe(listening);
      expect(releases.map((release) => release.verdict.state)).toEqual(['released', 'already-released']);
      expect(await runShell(world, 'nft -s list ruleset')).toBe(before);
    },
  );

  it('keeps a foreign address off ports 80 and 443 until its time is over, and nobody else', async () => {
    world = await startServer([
      peer({ name: 'foreign80', port: 80 }),
      peer({ name: 'foreign443', port: 443 }),
      peer({ name: 'local443', address: '198.51.100.9', port: 443 }),
    ]);

    const { verdict } = await runKill(world, { scope: 'peers', peers: '203.0.113.7', ttlSeconds: '4' });
    const at = Date.now();
    const during = await world.reconnect(instanceId);
    await sleep(at + 4200 - Date.now());
    const afterwards = await world.reconnect(instanceId);

    expect(verdict).toMatchObject({ ok: true, cut: 10, survivors: 0, blocked: true });
    expect(during.map(({ peer: name }) => name)).toEqual(['local443']);
    expect(afterwards.map(({ peer: name }) => name)).toEqual(['foreign80', 'foreign443', 'local443']);
  });
});
