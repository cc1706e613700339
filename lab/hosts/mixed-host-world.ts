import { HostWorldError } from './host-errors.ts';
import type { HostWorld, ServerSpec } from './host-world.ts';
import { plainMachine } from './machine.ts';
import { findPostgres } from './real/find-postgres.ts';

/** Says why a server cannot be real, or null. */
export function findWhySimulated(
  { machine = plainMachine, simulated }: ServerSpec,
  hasPostgres: boolean,
): string | null {
  const { platform, database } = machine;
  if (simulated === true) return 'host simulated: one of a large fleet';
  if (platform === 'Windows') return 'host simulated: it is a Windows server';
  if (database === undefined) return null;
  if (database.engine !== 'postgresql') return `host simulated: no ${database.engine} is raised here`;
  return hasPostgres ? null : 'host simulated: no PostgreSQL on this machine';
}

/** A world of real servers with those among them that can only be simulated; each server says which it is. */
export function createMixedHostWorld(real: HostWorld, simulated: HostWorld): HostWorld {
  const worlds = new Map<string, HostWorld>();
  const reasons = new Map<string, string>();
  const fronts = new Map<string, HostWorld>();
  const find = (instanceId: string): HostWorld => {
    const world = worlds.get(instanceId);
    if (world === undefined) throw new HostWorldError(`Cannot find server "${instanceId}" in the lab`);
    return world;
  };
  return {
    kind: 'real',
    createServer: async (spec) => {
      const reason = findWhySimulated(spec, findPostgres() !== null);
      const world = reason === null ? real : simulated;
      await world.createServer(spec);
      worlds.set(spec.instanceId, world);
      if (reason !== null) reasons.set(spec.instanceId, reason);
    },
    applyFirewall: async (instanceId, firewall) => find(instanceId).applyFirewall(instanceId, firewall),
    runCommand: async (instanceId, command) => find(instanceId).runCommand(instanceId, command),
    count: async (instanceId) => find(instanceId).count(instanceId),
    watch: async (instanceId, dialling) => find(instanceId).watch(instanceId, dialling),
    firstBlockedAt: async (instanceId) => find(instanceId).firstBlockedAt(instanceId),
    goldenLost: async (instanceId) => find(instanceId).goldenLost(instanceId),
    reconnect: async (instanceId) => find(instanceId).reconnect(instanceId),
    openFront: async (spec) => {
      const [world, ...others] = new Set(spec.instanceIds.map(find));
      if (world === undefined || others.length > 0) {
        throw new HostWorldError(`Cannot open front "${spec.name}": its servers must be all real or all simulated`);
      }
      await world.openFront(spec);
      fronts.set(spec.name, world);
    },
    routeFront: async (name, targets) => findFront(fronts, name).routeFront(name, targets),
    countFront: async (name) => findFront(fronts, name).countFront(name),
    redialFront: async (name) => findFront(fronts, name).redialFront(name),
    setListening: async (instanceId, port, listens) => find(instanceId).setListening(instanceId, port, listens),
    probe: async (order) => (await real.probe(order)) || (await simulated.probe(order)),
    standIns: (instanceId) => {
      const reason = reasons.get(instanceId);
      return reason === undefined ? find(instanceId).standIns(instanceId) : [reason];
    },
    readMachine: async (instanceId) => find(instanceId).readMachine(instanceId),
    stop: async () => void (await Promise.all([real.stop(), simulated.stop()])),
  };
}

function findFront(fronts: ReadonlyMap<string, HostWorld>, name: string): HostWorld {
  const world = fronts.get(name);
  if (world === undefined) throw new HostWorldError(`Cannot find front "${name}" in the lab`);
  return world;
}
