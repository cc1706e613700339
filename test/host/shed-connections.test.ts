import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
  runKill,
  runRelease,
  runShed,
  runShell,
  startServer,
} from './run-document.ts';

const batch = peer({ name: 'batch', port: 8084, connections: 40 });
const report = peer({ name: 'report', address: 'fd66::2', port: 8085, connections: 30 });
const web = peer({ name: 'web', address: '198.51.100.1', connections: 30 });
const stray = peer({ name: 'stray', address: '198.51.100.1', port: 9999 });
const golden = peer({ name: 'golden', address: '10.20.0.5', port: 8084, golden: true });
const byPort = {
  classes: 'batch@port:8084 report@port:8085 web@port:8080',
  golden: 'in@10.20.0.0/16@8084',
  load: 'connections',
};
const dial = (to: string): string => `(exec 3<>/dev/tcp/${to.replace(':', '/')}) 2>/dev/null && echo in || echo out`;

describe.skipIf(!realHosts.possible)('shed-connections on a real host', () => {
  let world: HostWorld;
  beforeAll(async () => {
    world = await startServer([batch, report, web, stray, golden]);
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    await runShell(world, 'nft flush ruleset; rm -rf "$CF_STATE_DIR"');
    await world.reconnect(instanceId);
  });

  it('cuts the lowest classes until the low mark, keeps them out, and lets them in again by release', async () => {
    await world.watch(instanceId);

    const { verdict, exitCode, stdout } = await runShed(world, { ...byPort, highMark: '90', lowMark: '50' });
    const shed = await countByPeer(world);
    const during = await world.reconnect(instanceId);
    const goldenLost = await world.goldenLost(instanceId);
    const list = (await runShell(world, `cat ${verdict.listFile}; sha256sum <${verdict.listFile}`)).trim().split('\n');
    const again = await runShed(world, { ...byPort, highMark: '90', lowMark: '50' });
    const released = await runRelease(world, { expectedDigest: verdict.tableDigest });

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 0, ok: true, load: 'connections', error: '' });
    expect(verdict).toMatchObject({
      before: 100,
      after: 50,
      lowMark: 50,
      rounds: 1,
      zombies: 0,
      cut: 50,
      survivors: 0,
    });
    expect(verdict).toMatchObject({
      perClass: { batch: 40, report: 10 },
      goldenBefore: 5,
      goldenLost: 0,
      blocked: true,
    });
    expect(stdout.length).toBeLessThan(2000);
    expect(shed).toEqual({ batch: 0, report: 20, web: 30, stray: 5, golden: 5 });
    expect(during.map(({ peer: name }) => name)).toEqual(['web', 'stray', 'golden']);
    expect(goldenLost).toBe(0);
    expect(list.filter((line) => / \[::ffff:203\.0\.113\.7\]:\d+ batch sk:/.test(line))).toHaveLength(40);
    expect(list.filter((line) => / \[fd66::2\]:\d+ report sk:/.test(line))).toHaveLength(10);
    expect(list).toHaveLength(51);
    expect(list.at(-1)).toBe(`${verdict.listDigest}  -`);
    expect(again.verdict).toMatchObject({ ok: true, state: 'not-overloaded', before: 100, after: 50, cut: 0 });
    expect(again.verdict).toMatchObject({ blocked: true, tableDigest: verdict.tableDigest });
    expect(released.verdict).toMatchObject({ ok: true, state: 'released' });
    expect((await world.reconnect(instanceId)).length).toBe(5);
  });

  it('sheds nothing and blocks nothing while the load is not over the high mark', async () => {
    const { verdict } = await runShed(world, { ...byPort, highMark: '100', lowMark: '1' });

    expect(verdict).toMatchObject({ ok: true, state: 'not-overloaded', before: 100, after: 100, rounds: 0, cut: 0 });
    expect(verdict).toMatchObject({ blocked: false, tableDigest: '', perClass: {} });
    expect(await countByPeer(world)).toEqual({ batch: 40, report: 30, web: 30, stray: 5, golden: 5 });
    expect(await runShell(world, 'nft list ruleset')).toBe('');
  });

  it('never sheds the highest class, and says that the load stays', async () => {
    const { verdict, exitCode } = await runShed(world, { ...byPort, highMark: '60', lowMark: '10' });

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, state: 'still-overloaded', after: 30 });
    expect(verdict).toMatchObject({ cut: 70, perClass: { batch: 40, report: 30 }, blocked: true });
    expect(verdict.error).toContain('nothing is left to shed below class');
    expect(await countByPeer(world)).toEqual({ batch: 0, report: 0, web: 30, stray: 5, golden: 5 });
  });

  it('cuts no more than the given part in each of the given rounds', async () => {
    const { verdict } = await runShed(world, {
      ...byPort,
      highMark: '90',
      lowMark: '10',
      maxRounds: '2',
      maxPercentPerRound: '20',
    });

    expect(verdict).toMatchObject({ ok: false, state: 'still-overloaded', rounds: 2, cut: 36, after: 64 });
    expect(await countByPeer(world)).toMatchObject({ batch: 4, report: 30, web: 30 });
  });

  it('lets the kernel end what it blocked, by itself', async () => {
    const { verdict } = await runShed(world, { ...byPort, highMark: '90', lowMark: '80', ttlSeconds: '1' });
    await sleep(1200);

    expect(verdict).toMatchObject({ ok: true, cut: 20, blocked: true });
    expect((await world.reconnect(instanceId)).length).toBe(5);
    expect((await runRelease(world)).verdict).toMatchObject({ state: 'released', expired: true });
  });

  it('leaves the cut of its own incident as it is, and another incident beside it alone', async () => {
    const cut = await runKill(world, { scope: 'ports', ports: '22' });

    const same = await runShed(world, { ...byPort, highMark: '90', lowMark: '80' });
    const other = await runShed(world, { ...byPort, incident: 'inc-2', highMark: '90', lowMark: '80' });

    expect({ exitCode: same.exitCode, ...same.verdict }).toMatchObject({ exitCode: 70, ok: false, cut: 0 });
    expect(same.verdict.error).toContain('holds another block of this incident');
    expect(other.verdict).toMatchObject({ ok: true, cut: 20 });
    expect((await runRelease(world, { expectedDigest: cut.verdict.tableDigest })).verdict.state).toBe('released');
  });
});

describe.skipIf(!realHosts.possible)('shed-connections among special peers', () => {
  let world: HostWorld | undefined;
  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });

  it('cuts zombies of any class that may be shed before whoever lives', async () => {
    const dead = peer({ name: 'dead', address: '203.0.113.8', port: 8085 });
    const deadWeb = peer({ name: 'deadWeb', address: '203.0.113.8' });
    world = await startServer([batch, report, dead, deadWeb, web]);
    await losePeers(world, ['203.0.113.8']);
    await sleep(1900);

    const { verdict } = await runShed(world, { ...byPort, highMark: '100', lowMark: '100', silentSeconds: '1' });

    expect(verdict).toMatchObject({ ok: true, zombies: 5, cut: 10, perClass: { batch: 5, report: 5 } });
    expect(await countByPeer(world)).toEqual({ batch: 35, report: 30, dead: 0, deadWeb: 5, web: 30 });
  });

  it('keeps out clients that dial again at once', async () => {
    world = await startServer([peer({ ...batch, redials: true }), web]);

    const { verdict } = await runShed(world, { ...byPort, highMark: '60', lowMark: '30' });
    await sleep(200);

    expect(verdict).toMatchObject({ ok: true, after: 30 });
    expect(await countByPeer(world)).toEqual({ batch: 0, web: 30 });
  });

  it('counts a connection once, in the first class that fits, whatever its family and direction', async () => {
    world = await startServer([
      peer({ name: 'inner', address: '203.0.113.1', connections: 10 }),
      peer({ name: 'outer', address: '203.0.113.200', connections: 10 }),
      peer({ name: 'inner6', address: 'fd66::1', connections: 10 }),
      peer({ name: 'upstream', address: '203.0.113.2', direction: 'out', port: 5432, connections: 10 }),
      peer({ name: 'web', address: '198.51.100.1', connections: 10 }),
    ]);

    const { verdict } = await runShed(world, {
      classes: 'low@peer:203.0.113.0/30 low@peer:fd66::/16 low@peer:203.0.113.1 next@peer:203.0.113.0/24 web@port:8080',
      load: 'connections',
      highMark: '49',
      lowMark: '20',
    });

    expect(verdict).toMatchObject({ ok: true, before: 50, after: 20, perClass: { low: 30 } });
    expect(await countByPeer(world)).toEqual({ inner: 0, outer: 10, inner6: 0, upstream: 0, web: 10 });
    expect((await world.reconnect(instanceId)).map(({ peer: name }) => name)).toEqual(['outer', 'web']);
  });

  it('sheds by process, the biggest talker first, and leaves what it could not keep out', async () => {
    const server = await startServer([web]);
    world = server;
    await server.createServer({ instanceId: 'i-peers', privateAddress: '10.0.1.30', peers: [] });
    const onPeers = (lines: string) =>
      server.runCommand('i-peers', { script: `#!/bin/bash\n${lines}`, environment: {}, timeoutSeconds: 20 });
    await runShell(server, inBackground(listenAs('batchd', 8084), [listensOn(8084)]));
    await onPeers(inBackground(talkers, [listensOn(7000), listensOn(7001), dialled(4, 8084)]));
    await runShell(server, inBackground(dialAs('batchd', [7000, 7001]), [dialled(1, 7000), dialled(1, 7001)]));
    await runShell(server, inBackground(dialAs('webd', [7001]), [dialled(2, 7001)]));
    const classes = 'batch@process:batchd web@port:8080';

    const bytes = await runShed(server, { classes, load: 'bytes', highMark: '500000', lowMark: '300000' });
    const left = await runShell(server, 'ss -tnH state established "sport = :8084" | wc -l');
    const all = await runShed(server, { classes, load: 'connections', highMark: '30', lowMark: '30' });
    const doors = await onPeers(`${dial('10.0.1.20:8084')}\n${dial('10.0.1.20:8080')}\n`);
    const dials = await runShell(server, `${dial('10.0.1.30:7000')}\n${dial('10.0.1.30:7001')}`);

    expect(bytes.verdict).toMatchObject({ ok: true, cut: 1, perClass: { batch: 1 } });
    expect(Number(left)).toBe(3);
    expect(all.verdict).toMatchObject({ ok: false, before: 35, after: 31, cut: 4, perClass: { batch: 4 } });
    expect(doors.stdout).toBe('out\nin\n');
    expect(dials).toBe('out\nin\n');
  });
});

/** Four who dial port 8084, the first of them with the most to say; and two ports to dial here. */
const talkers = `const { connect, createServer } = require('net');
for (const port of [7000, 7001]) createServer((s) => s.on('error', () => {}).resume()).listen(port);
for (let n = 0; n < 4; n++) {
  const s = connect(8084, '10.0.1.20').on('error', () => {});
  const timer = setInterval(() => s.writableLength < 1e6 && s.write(Buffer.alloc(n === 0 ? 40000 : 100)), 20);
  s.on('close', () => clearInterval(timer));
}`;

/** A process of its own name that listens. */
function listenAs(name: string, port: number): string {
  return `process.title = '${name}'; require('net').createServer((s) => s.on('error', () => {}).resume()).listen(${port})`;
}

/** A process of its own name that dials ports of the peers. */
function dialAs(name: string, ports: readonly number[]): string {
  return `process.title = '${name}'; for (const port of ${JSON.stringify(ports)}) require('net').connect(port, '10.0.1.30').on('error', () => {}).resume()`;
}
