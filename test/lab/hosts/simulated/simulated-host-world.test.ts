import { describe, expect, it } from 'vitest';
import { killConnectionsScript } from '../../../../documents/kill-connections.ts';
import { releaseConnectionsScript } from '../../../../documents/release-connections.ts';
import type { CommandResult, HostWorld } from '../../../../lab/hosts/host-world.ts';
import { createSimulatedHostWorld } from '../../../../lab/hosts/simulated/simulated-host-world.ts';
import { peer } from '../host-peer.ts';

const run = (
  world: HostWorld,
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> => world.runCommand('i-1', { script, environment, timeoutSeconds: 20 });

const whole = { SSM_incident: 'a', SSM_scope: 'server', SSM_ttlSeconds: '0', SSM_deadlineSeconds: '20' };

async function startServer(...peers: ReturnType<typeof peer>[]): Promise<{ world: HostWorld; clock: { now: number } }> {
  const clock = { now: 1_000_000 };
  const world = createSimulatedHostWorld(() => clock.now);
  await world.createServer({ instanceId: 'i-1', privateAddress: '10.0.1.20', ipv6Address: 'fd30::20', peers });
  return { world, clock };
}

describe('the simulated host world', () => {
  it('cannot run a script it does not know', async () => {
    const { world } = await startServer(peer());

    expect(await run(world, '#!/bin/bash\necho document=kill-connections\n')).toEqual({
      exitCode: 127,
      stdout: '',
      stderr: 'simulated host cannot run this script\n',
      timedOut: false,
    });
  });

  it('marks its verdicts as simulated', async () => {
    const { world } = await startServer(peer());

    const { stdout } = await run(world, killConnectionsScript, whole);

    expect(JSON.parse(stdout)).toMatchObject({ ok: true, simulated: true });
  });

  it('lifts a block when its time is over, and releases the table it left', async () => {
    const { world, clock } = await startServer(peer());
    await run(world, killConnectionsScript, { ...whole, SSM_ttlSeconds: '60' });
    const during = await world.reconnect('i-1');
    clock.now += 60_000;

    const after = await world.reconnect('i-1');
    const release = { SSM_incident: 'a', SSM_deadlineSeconds: '20' };
    const { stdout } = await run(world, releaseConnectionsScript, release);

    expect([during.length, after.length]).toEqual([0, 1]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, state: 'released', expired: true });
  });

  it('tells the moment of the first block by its clock', async () => {
    const { world, clock } = await startServer(peer());
    await world.watch('i-1');
    clock.now += 5;

    await run(world, killConnectionsScript, { ...whole, SSM_scope: 'ports', SSM_ports: '8080' });

    expect(await world.firstBlockedAt('i-1')).toBe(1_000_005);
  });

  it.for<{ readonly values: Readonly<Record<string, string>>; readonly alive: readonly string[] }>([
    { values: { SSM_golden: 'in@203.0.113.0/24@8080' }, alive: ['web'] },
    { values: { SSM_golden: 'out@203.0.113.0/24@8080' }, alive: [] },
    { values: { SSM_golden: 'in@203.0.113.7@any' }, alive: ['web', 'admin', 'out'] },
    { values: { SSM_agent: '203.0.113.0/24' }, alive: ['web', 'admin', 'out'] },
    { values: { SSM_scope: 'ports', SSM_ports: '22' }, alive: ['web', 'out', 'v6'] },
    { values: { SSM_scope: 'peers', SSM_peers: '203.0.113.7' }, alive: ['v6'] },
    { values: { SSM_scope: 'peers', SSM_peers: 'fd20::/16' }, alive: ['web', 'admin', 'out'] },
    { values: {}, alive: [] },
  ])('cuts what the script would cut: $values', async ({ values, alive }) => {
    const { world } = await startServer(
      peer({ name: 'web' }),
      peer({ name: 'admin', port: 22 }),
      peer({ name: 'out', direction: 'out', port: 443 }),
      peer({ name: 'v6', address: 'fd20::5' }),
    );

    await run(world, killConnectionsScript, { ...whole, ...values });

    const counts = await world.count('i-1');
    expect(counts.filter(({ established }) => established > 0).map((count) => count.peer)).toEqual(alive);
  });
});
