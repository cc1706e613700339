import { fileURLToPath } from 'node:url';
import type { HostWorld } from '../host-world.ts';
import { startInside } from './enter-world.ts';
import type { WayIn } from './enter-world.ts';
import type { helperMethods } from './helper.ts';
import { listStandIns } from '../machine.ts';
import type { StandIns } from '../machine.ts';
import { RemoteProcess } from './remote-process.ts';

const helperPath = fileURLToPath(new URL('helper.ts', import.meta.url));

/** Starts a world of network namespaces, kernel sockets and nftables. It ends with `stop`, or with this process. */
export async function startRealHostWorld(wayIn: WayIn): Promise<HostWorld> {
  const child = startInside(wayIn, helperPath, ['ignore', 'ignore', 'inherit', 'ipc']);
  const helper = new RemoteProcess<typeof helperMethods>(child, 'the helper of the real hosts');
  const killHelper = (): void => void child.kill('SIGKILL');
  process.once('exit', killHelper);
  await helper.call('ready');
  const standIns = new Map<string, StandIns>();
  return {
    kind: 'real',
    createServer: async (spec) => {
      await helper.call('createServer', spec);
      standIns.set(spec.instanceId, listStandIns(spec.machine));
    },
    applyFirewall: (instanceId, firewall) => helper.call('applyFirewall', { instanceId, firewall }),
    runCommand: (instanceId, command) => helper.call('runCommand', { instanceId, command }),
    count: (instanceId) => helper.call('count', instanceId),
    watch: (instanceId, dialling) => helper.call('watch', { instanceId, dialling }),
    firstBlockedAt: (instanceId) => helper.call('firstBlockedAt', instanceId),
    goldenLost: (instanceId) => helper.call('goldenLost', instanceId),
    reconnect: (instanceId) => helper.call('reconnect', instanceId),
    openFront: (spec) => helper.call('openFront', spec),
    routeFront: (name, targets) => helper.call('routeFront', { name, targets }),
    countFront: (name) => helper.call('countFront', name),
    redialFront: (name) => helper.call('redialFront', name),
    setListening: (instanceId, port, listens) => helper.call('setListening', { instanceId, port, listens }),
    probe: (order) => helper.call('probe', order),
    standIns: (instanceId) => standIns.get(instanceId) ?? [],
    readMachine: (instanceId) => helper.call('readMachine', instanceId),
    stop: async () => {
      process.off('exit', killHelper);
      await helper.stop();
    },
  };
}
