import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createHostWorld, detectRealHosts } from '../../../../lab/hosts/create-host-world.ts';
import type { HostWorld } from '../../../../lab/hosts/host-world.ts';
import { peer } from '../host-peer.ts';

const realHosts = await detectRealHosts();
const entry = fileURLToPath(new URL('../../../../lab/hosts/create-host-world.ts', import.meta.url));

/** Processes of this machine that were started with these words. */
function findProcesses(words: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').startsWith(words);
    } catch {
      return false; // not a process, or gone
    }
  });
}

describe.skipIf(!realHosts.possible)('a real host world', () => {
  let world: HostWorld | undefined;
  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });
  const start = async (): Promise<HostWorld> => {
    world = await createHostWorld({ force: 'real' });
    await world.createServer({ instanceId: 'i-1', privateAddress: '10.0.1.20', peers: [peer()] });
    return world;
  };

  it('runs a script as root of the server, by its shebang, with only the given environment', async () => {
    const host = await start();
    process.env['FUSE_TEST_SECRET'] = 'leaked';

    const script =
      '#!/bin/bash\nid -u; echo "$A [${FUSE_TEST_SECRET-}] ${BASH_VERSION:+bash}"; echo problem >&2; exit 7\n';
    const result = await host.runCommand('i-1', { script, environment: { A: 'a b' }, timeoutSeconds: 5 });

    delete process.env['FUSE_TEST_SECRET'];
    expect(result).toEqual({ exitCode: 7, stdout: '0\na b [] bash\n', stderr: 'problem\n', timedOut: false });
  });

  it('kills the whole process group of a script that takes too long', async () => {
    const host = await start();

    const script = '#!/bin/bash\nsleep 4711 &\nsleep 4712\n';
    const result = await host.runCommand('i-1', { script, environment: {}, timeoutSeconds: 0.3 });

    expect(result.timedOut).toBe(true);
    expect(findProcesses('sleep 471')).toEqual([]);
  });

  it('does not reach the machine: neither its addresses nor its clock', async () => {
    const host = await start();

    const script = "#!/bin/bash\nip -o -4 addr show | awk '{ print $4 }'\ndate -s @0 >/dev/null 2>&1; echo $?\n";
    const { stdout } = await host.runCommand('i-1', { script, environment: {}, timeoutSeconds: 5 });

    expect(stdout).toBe('127.0.0.1/8\n10.0.1.20/32\n1\n');
  });

  it('leaves no process behind when it is stopped, nor when its maker is killed', async () => {
    const host = await start();
    await host.stop();
    world = undefined;
    const program = `
      import { createHostWorld } from ${JSON.stringify(entry)};
      const world = await createHostWorld({ force: 'real' });
      await world.createServer({ instanceId: 'i-1', privateAddress: '10.77.66.55', peers: [] });
      const script = '#!/bin/bash\\nsetsid sleep 8117 >/dev/null 2>&1 &\\nuntil grep -qx sleep /proc/$!/comm; do :; done';
      await world.runCommand('i-1', { script, environment: {}, timeoutSeconds: 5 });
      console.log('ready');
      setInterval(() => {}, 1000);`;
    const maker = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(maker.stdout, 'data');
    const during = findProcesses('sleep 8117').length;

    maker.kill('SIGKILL');
    for (let tries = 0; tries < 100 && findProcesses('sleep 8117').length > 0; tries++) await sleep(20);

    expect(during).toBe(1);
    expect(findProcesses('sleep 8117')).toEqual([]);
  });

  it('holds ten servers with sixty connections each', async () => {
    world = await createHostWorld({ force: 'real' });
    const host = world;
    const ids = Array.from({ length: 10 }, (_, index) => index + 1);

    await Promise.all(
      ids.map((id) =>
        host.createServer({
          instanceId: `i-${id}`,
          privateAddress: `10.0.1.${id}`,
          peers: [
            peer({ connections: 30 }),
            peer({ name: 'golden', address: '10.20.0.5', connections: 20, golden: true }),
            peer({ name: 'next', address: `10.0.1.${(id % 10) + 1}`, connections: 10, direction: 'out', port: 5432 }),
          ],
        }),
      ),
    );

    const counts = await Promise.all(ids.map((id) => host.count(`i-${id}`)));
    expect(counts.map((count) => count.map(({ established }) => established))).toEqual(ids.map(() => [30, 20, 10]));
  });
});
