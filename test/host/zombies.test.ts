import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import {
  countByPeer,
  dialled,
  inBackground,
  instanceId,
  listensOn,
  losePeers,
  peer,
  realHosts,
  regainPeers,
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

const zombieKill = {
  scope: 'ports',
  ports: '80 443',
  only: 'zombies',
  silentSeconds: '1',
  ttlSeconds: '600',
  golden: 'in@10.20.0.5@443',
};
const listeners = `ss -tlnpH | awk '{ print $4, $6 }'`;
// Retransmissions after 0.2, 0.4 and 0.8 s: the third shows more than a second without an answer.
const untilDeadMs = 1900;

const cameras = [
  peer({ name: 'live', port: 443 }),
  peer({ name: 'dead', address: '203.0.113.8', port: 443 }),
  peer({ name: 'dead6', address: 'fd66::8', port: 80 }),
  peer({ name: 'deadElsewhere', address: '203.0.113.8', port: 8080 }),
  peer({ name: 'golden', address: '10.20.0.5', port: 443, golden: true }),
];
const lost = ['203.0.113.8', 'fd66::8', '10.20.0.5'];

/** Sends without end to the first peer, more than it takes to the second, and nothing to the third. */
const liveServer = `let count = 0;
require('net').createServer((socket) => {
  socket.on('error', () => {});
  if (++count === 1) setInterval(() => socket.writableLength < 1e6 && socket.write(Buffer.alloc(1e5)), 1);
  if (count === 2) socket.write(Buffer.alloc(3e7));
}).listen(80)`;
const livePeers = `const { connect } = require('net');
for (let n = 0; n < 3; n++) setTimeout(() => connect(80, '10.0.1.20', function () { if (n === 1) this.pause(); else this.resume(); }), n * 50)`;

describe.skipIf(!realHosts.possible)('kill-connections of zombies', () => {
  it.for([{ dualStack: true }, { dualStack: false }])(
    'kills the dead on the named ports and nothing else, and keeps their peers out, dual-stack listener: $dualStack',
    async ({ dualStack }) => {
      const peers = cameras.filter(({ address }) => dualStack || !address.includes(':'));
      world = await startServer(peers, { dualStack });
      const before = await runShell(world, listeners);
      await losePeers(world, lost.slice(0, dualStack ? 3 : 1));
      await sleep(untilDeadMs);

      const first = await runKill(world, zombieKill);
      const counts = await countByPeer(world);
      const list = (await runShell(world, `cat ${first.verdict.listFile}`)).trim().split('\n');
      await regainPeers(world);
      const second = await runKill(world, zombieKill);
      // Once to give up what is silent still, once to dial again.
      await world.reconnect(instanceId);
      const during = await world.reconnect(instanceId);
      const released = await runRelease(world, { expectedDigest: first.verdict.tableDigest });
      const afterwards = await world.reconnect(instanceId);

      const dead = dualStack ? 10 : 5;
      expect(first.verdict).toMatchObject({ ok: true, selected: dead, cut: dead, survivors: 0, error: '' });
      expect(first.verdict).toMatchObject({ goldenBefore: 5, goldenLost: 0, blocked: true });
      const gone = dualStack ? { dead: 0, dead6: 0 } : { dead: 0 };
      expect(counts).toEqual({ live: 5, ...gone, deadElsewhere: 5, golden: 5 });
      expect(list).toHaveLength(dead);
      expect(list.every((line) => line.includes('203.0.113.8') || line.includes('fd66::8'))).toBe(true);
      expect(await runShell(world, listeners)).toBe(before);
      expect(second.verdict).toMatchObject({ ok: true, cut: 0, tableDigest: first.verdict.tableDigest });
      expect(during.map(({ peer: name }) => name)).toEqual(['live', 'deadElsewhere', 'golden']);
      expect(released.verdict.state).toBe('released');
      expect(afterwards).toHaveLength(peers.length);
    },
  );

  it('takes no live peer for dead: one that is idle, only downloads, or reads no more for now', async () => {
    world = await startServer([]);
    await world.createServer({ instanceId: 'i-peers', privateAddress: '10.0.1.30', peers: [] });
    await runShell(world, inBackground(liveServer, [listensOn(80)]));
    const script = `#!/bin/bash\n${inBackground(livePeers, [dialled(3, 80)])}`;
    await world.runCommand('i-peers', { script, environment: {}, timeoutSeconds: 20 });
    await sleep(untilDeadMs);

    const list = 'ss -tnHOio state established "sport = :80"';
    const slowReader = / timer:\(persist,.* backoff:[2-9].* lastrcv:\d{4}/.test(await runShell(world, list));
    const { verdict } = await runKill(world, zombieKill);

    expect(slowReader).toBe(true);
    expect(verdict).toMatchObject({ ok: true, selected: 0, cut: 0 });
    expect((await runShell(world, list)).trim().split('\n')).toHaveLength(3);
  });

  it('refuses to choose zombies outside ports, and to shrink a block', async () => {
    world = await startServer([peer({ port: 443 })]);
    const wide = await runKill(world, { ...zombieKill, scope: 'server', ports: '' });
    const { verdict } = await runKill(world);

    const narrowed = await runKill(world, zombieKill);

    expect(wide.exitCode).toBe(64);
    expect({ exitCode: narrowed.exitCode, ...narrowed.verdict }).toMatchObject({ exitCode: 70, ok: false });
    expect(narrowed.verdict.error).toContain('holds another block of this incident');
    expect((await runRelease(world, { expectedDigest: verdict.tableDigest })).verdict.state).toBe('released');
  });
});
