import { describe, expect, it } from 'vitest';
import { killConnectionsOnWindowsScript } from '../../../documents/kill-connections.ts';
import { HostWorldError } from '../../../lab/hosts/host-errors.ts';
import type { ServerSpec } from '../../../lab/hosts/host-world.ts';
import type { MachineSpec } from '../../../lab/hosts/machine.ts';
import { createMixedHostWorld, findWhySimulated } from '../../../lab/hosts/mixed-host-world.ts';
import { createSimulatedHostWorld } from '../../../lab/hosts/simulated/simulated-host-world.ts';
import { peer } from './host-peer.ts';

const server = (machine?: MachineSpec, instanceId = 'i-1', privateAddress = '10.0.1.20'): ServerSpec => ({
  instanceId,
  privateAddress,
  peers: [peer()],
  ...(machine && { machine }),
});

describe('findWhySimulated', () => {
  it.each<[MachineSpec | undefined, boolean, string | null]>([
    [undefined, false, null],
    [{ platform: 'Linux', services: [{ name: 'shop', active: true }] }, false, null],
    [{ platform: 'Linux', database: { engine: 'postgresql' } }, true, null],
    [{ platform: 'Linux', database: { engine: 'postgresql' } }, false, 'host simulated: no PostgreSQL on this machine'],
    [{ platform: 'Linux', database: { engine: 'oracle' } }, true, 'host simulated: no oracle is raised here'],
    [{ platform: 'Windows' }, true, 'host simulated: it is a Windows server'],
  ])('says of %j, PostgreSQL: %s, %s', (machine, hasPostgres, reason) => {
    expect(findWhySimulated(server(machine), hasPostgres)).toBe(reason);
  });
});

describe('the mixed host world', () => {
  // Two models, so that the test needs no real host to see who was asked.
  const start = () => {
    const [real, simulated] = [createSimulatedHostWorld(), createSimulatedHostWorld()];
    return { real, simulated, world: createMixedHostWorld(real, simulated) };
  };

  it('raises a Windows server in the model and every other one for real', async () => {
    const { real, simulated, world } = start();

    await world.createServer(server({ platform: 'Windows' }));
    await world.createServer(server(undefined, 'i-2', '10.0.1.21'));

    await expect(real.count('i-1')).rejects.toThrow(HostWorldError);
    await expect(simulated.count('i-2')).rejects.toThrow(HostWorldError);
    expect(await world.count('i-1')).toEqual(await world.count('i-2'));
    expect(world.kind).toBe('real');
  });

  it('leads everything else to the world of the server', async () => {
    const { world } = start();
    await world.createServer(server({ platform: 'Windows', services: [{ name: 'MSSQLSERVER', active: true }] }));
    await world.watch('i-1');

    const environment = {
      SSM_incident: 'inc-1',
      SSM_scope: 'ports',
      SSM_ports: '8080',
      SSM_ttlSeconds: '0',
      SSM_blockRanges: 'in@tcp@8080@1.0.0.0-255.255.255.255',
    };
    const command = { script: killConnectionsOnWindowsScript, environment, timeoutSeconds: 5 };
    const { exitCode } = await world.runCommand('i-1', command);

    expect(exitCode).toBe(0);
    expect((await world.count('i-1')).map(({ established }) => established)).toEqual([0]);
    expect(await world.firstBlockedAt('i-1')).toBeTypeOf('number');
    expect(await world.goldenLost('i-1')).toBe(0);
    expect((await world.readMachine('i-1')).services).toEqual({ MSSQLSERVER: 'active' });
    expect(await world.reconnect('i-1')).toEqual([]);
  });

  it('knows no server that was not created', async () => {
    const { world } = start();

    await expect(world.count('i-9')).rejects.toThrow('Cannot find server "i-9"');
  });
});
