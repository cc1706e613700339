import type { FrontCount, HostWorld } from './hosts/host-world.ts';
import type { ScenarioService } from './scenario.ts';
import { seedService } from './seed-service.ts';
import type { SeededService } from './seed-service.ts';
import { toServiceIds } from './service-ids.ts';
import type { AwsLab } from './services/aws-lab.ts';

// Propagation, drains and fail-overs come to their end without a call.
const refreshEveryMs = 1000;

/** Ties the fronts of services on the hosts to what AWS says of them. */
export class ServiceFronts {
  readonly #aws: AwsLab;
  readonly #world: HostWorld;
  readonly #vpcId: string;
  readonly #services = new Map<string, SeededService>();
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(aws: AwsLab, world: HostWorld, vpcId: string) {
    this.#aws = aws;
    this.#world = world;
    this.#vpcId = vpcId;
  }

  /** Seeds a service whose servers stand, lets its port in on both, and returns when its clients are connected. */
  async open(service: ScenarioService): Promise<void> {
    const { name, port, clients, clientAddress, primary, standby, spares, standbyListens } = service;
    const seeded = seedService(this.#aws, this.#vpcId, service);
    const instanceIds = [primary, standby, ...spares];
    for (const instanceId of instanceIds) letIn(this.#aws, instanceId, name, port);
    await this.#aws.ec2.tellFirewalls();
    const { address } = toServiceIds(service);
    await this.#world.openFront({ name, kind: seeded.kind, address, port, clientAddress, clients, instanceIds });
    if (!standbyListens) await this.#world.setListening(standby, port, false);
    this.#services.set(name, seeded);
    this.#timer ??= setInterval(() => void this.refresh().catch(() => undefined), refreshEveryMs).unref();
    await this.count(name);
  }

  /** Leads every front where AWS says now; one refresh after the other, so that the last one wins. */
  async refresh(): Promise<void> {
    const next = this.#refreshing.then(async () => await this.#routeAll());
    this.#refreshing = next.catch(() => undefined);
    await next;
  }

  async #routeAll(): Promise<void> {
    for (const [name, service] of this.#services) await this.#world.routeFront(name, await service.readTargets());
  }

  /** Client connections of a service on each of its servers, once they have dialled again what broke. */
  async count(name: string): Promise<FrontCount> {
    await this.refresh();
    return await this.#world.countFront(name);
  }

  /** Lets all clients of a service dial anew, and counts them. */
  async redial(name: string): Promise<FrontCount> {
    await this.refresh();
    await this.#world.redialFront(name);
    return await this.count(name);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#services.clear();
    await this.#refreshing;
  }
}

/** A scenario may have opened the port to its peers already. */
function letIn({ ec2 }: AwsLab, instanceId: string, description: string, port: number): void {
  const [groupId = ''] = ec2.model.interfacesOf(instanceId)[0]?.groupIds ?? [];
  const rules = [...(ec2.model.securityGroups.get(groupId)?.rules.values() ?? [])];
  const isOpen = rules.some(
    ({ isEgress, fromPort, toPort, peer }) =>
      !isEgress && fromPort === port && toPort === port && peer.kind === 'ipv4' && peer.cidr === '0.0.0.0/0',
  );
  if (isOpen) return;
  ec2.addRule(
    groupId,
    { ipProtocol: 'tcp', fromPort: port, toPort: port, cidrIpv4: '0.0.0.0/0', description },
    'ingress',
  );
}
