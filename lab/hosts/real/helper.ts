// The one process that stands inside the world's own namespaces; when it ends, the kernel takes the world away.
import type {
  CommandResult,
  Firewall,
  FrontCount,
  FrontSpec,
  FrontTarget,
  HostCommand,
  PeerCount,
  ProbeOrder,
  ServerSpec,
} from '../host-world.ts';
import type { MachineState } from '../machine.ts';
import { NamespaceWorld } from './namespace-world.ts';
import { serveCalls } from './remote-process.ts';

const building = NamespaceWorld.build();
building.catch(() => {}); // reported by the first call

/** What the lab asks of the helper: the world's own methods. */
export const helperMethods = {
  ready: async (): Promise<boolean> => (await building) instanceof NamespaceWorld,
  createServer: async (spec: ServerSpec): Promise<void> => (await building).createServer(spec),
  applyFirewall: async (change: { readonly instanceId: string; readonly firewall: Firewall }): Promise<void> =>
    (await building).applyFirewall(change),
  runCommand: async (order: { readonly instanceId: string; readonly command: HostCommand }): Promise<CommandResult> =>
    (await building).runCommand(order),
  count: async (instanceId: string): Promise<readonly PeerCount[]> => (await building).count(instanceId),
  watch: async (order: {
    readonly instanceId: string;
    readonly dialling: readonly string[] | undefined;
  }): Promise<void> => (await building).watch(order.instanceId, order.dialling),
  firstBlockedAt: async (instanceId: string): Promise<number | undefined> =>
    (await building).firstBlockedAt(instanceId),
  goldenLost: async (instanceId: string): Promise<number> => (await building).goldenLost(instanceId),
  readMachine: async (instanceId: string): Promise<MachineState> => (await building).readMachine(instanceId),
  openFront: async (spec: FrontSpec): Promise<void> => (await building).fronts.open(spec),
  routeFront: async (order: { readonly name: string; readonly targets: readonly FrontTarget[] }): Promise<void> =>
    (await building).fronts.route(order.name, order.targets),
  countFront: async (name: string): Promise<FrontCount> => (await building).fronts.count(name),
  redialFront: async (name: string): Promise<void> => (await building).fronts.redial(name),
  setListening: async (order: {
    readonly instanceId: string;
    readonly port: number;
    readonly listens: boolean;
  }): Promise<void> => (await building).setListening(order),
  probe: async (order: ProbeOrder): Promise<boolean> => (await building).fronts.probe(order),
  reconnect: async (instanceId: string): Promise<readonly PeerCount[]> => (await building).reconnect(instanceId),
};

serveCalls(helperMethods);
