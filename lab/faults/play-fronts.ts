import type { FrontCount, HostWorld } from '../hosts/host-world.ts';
import { labVpcId } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { ServiceFronts } from '../service-fronts.ts';
import type { AwsLab } from '../services/aws-lab.ts';

/** The fronts of one play after the other. Their AWS resources have the ids of the policy each time, put in place anew. */
export class PlayFronts {
  readonly #aws: AwsLab;
  readonly #world: HostWorld;
  #fronts: ServiceFronts | undefined;
  #plays = 0;

  constructor(aws: AwsLab, world: HostWorld) {
    this.#aws = aws;
    this.#world = world;
  }

  /** Opens the services of a play, and lets go of those of the play before. */
  async open({ services = [] }: Scenario): Promise<void> {
    await this.stop();
    this.#plays += 1;
    this.#fronts = new ServiceFronts(this.#aws, nameApart(this.#world, this.#plays), labVpcId);
    for (const service of services) await this.#fronts.open(service);
  }

  /** Lets all clients dial anew and counts them on each server. */
  async redial({ services = [] }: Scenario): Promise<Readonly<Record<string, FrontCount>>> {
    const counts: Record<string, FrontCount> = {};
    for (const { name } of services) counts[name] = (await this.#fronts?.redial(name)) ?? {};
    return counts;
  }

  async stop(): Promise<void> {
    await this.#fronts?.stop();
    this.#fronts = undefined;
  }
}

/** The world knows each front by its name, and none ever goes. */
function nameApart(world: HostWorld, play: number): HostWorld {
  const own = (name: string): string => `${name} of play ${play}`;
  return {
    ...world,
    openFront: async (spec) => await world.openFront({ ...spec, name: own(spec.name) }),
    routeFront: async (name, targets) => await world.routeFront(own(name), targets),
    countFront: async (name) => await world.countFront(own(name)),
    redialFront: async (name) => await world.redialFront(own(name)),
  };
}
