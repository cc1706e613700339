import { detectRealHosts } from './detect-real-hosts.ts';
import { HostWorldError } from './host-errors.ts';
import type { HostWorld } from './host-world.ts';
import { createMixedHostWorld } from './mixed-host-world.ts';
import { startRealHostWorld } from './real/real-host-world.ts';
import { createSimulatedHostWorld } from './simulated/simulated-host-world.ts';

export { detectRealHosts } from './detect-real-hosts.ts';

/** Which hosts to make; by default real ones where the machine can hold them. */
export interface HostWorldOptions {
  readonly force?: 'real' | 'simulated';
}

/**
 * Makes the lab's hosts. Refuses `real` where the machine cannot do it, and says why. Beside real hosts, those servers
 * are simulated that cannot be real anywhere.
 */
export async function createHostWorld(options: HostWorldOptions = {}): Promise<HostWorld> {
  if (options.force === 'simulated') return createSimulatedHostWorld();
  const { wayIn, reason } = await detectRealHosts();
  if (wayIn !== undefined) return createMixedHostWorld(await startRealHostWorld(wayIn), createSimulatedHostWorld());
  if (options.force === 'real') throw new HostWorldError(`Cannot make real hosts on this machine: ${reason}`);
  return createSimulatedHostWorld();
}
