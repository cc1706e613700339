import { afterEach, describe, expect, it } from 'vitest';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import {
  dialled,
  inBackground,
  listensOn,
  peer,
  realHosts,
  runKill,
  runRelease,
  runShell,
  startServer,
} from './run-document.ts';

const connections = 30;
const loads = 60;

const echo = `require('net').createServer((s) => s.on('error', () => {}).pipe(s)).listen(8081)`;
/** Many who say a word every other millisecond, and stay away once they were cut. */
const talkers = `const { connect } = require('net');
for (let n = 0; n < ${connections}; n++) {
  const s = connect(8081, '10.0.1.20').setNoDelay(true).on('error', () => {}).resume();
  const timer = setInterval(() => s.write('x'), 2);
  s.on('close', () => clearInterval(timer));
}`;

let world: HostWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** A server with golden talkers on port 8081, and somebody to cut on port 8080. */
async function startTalk(): Promise<HostWorld> {
  world = await startServer([peer()]);
  await world.createServer({ instanceId: 'i-peers', privateAddress: '10.0.1.30', peers: [] });
  await runShell(world, inBackground(echo, [listensOn(8081)]));
  const script = `#!/bin/bash\n${inBackground(talkers, [dialled(connections, 8081)])}`;
  await world.runCommand('i-peers', { script, environment: {}, timeoutSeconds: 20 });
  return world;
}

const countTalk = async (host: HostWorld): Promise<number> =>
  Number(await runShell(host, 'ss -tnHO state established "sport = :8081" | wc -l'));

// Rules of a transaction come into force a moment before its sets: on a quiet line nobody notices.
describe.skipIf(!realHosts.possible)('golden channels that never are quiet', () => {
  it(`all live on while a block is put ${loads} times, new and over itself, and taken away`, async () => {
    const host = await startTalk();

    for (let load = 0; load < loads; load += 1) {
      const { verdict } = await runKill(host, { golden: 'in@10.0.1.30@8081' });
      expect(verdict).toMatchObject({ ok: true, goldenBefore: connections, goldenLost: 0, blocked: true });
      if (load % 2 === 1) await runRelease(host, { expectedDigest: verdict.tableDigest });
    }

    expect(await countTalk(host)).toBe(connections);
  });
});
