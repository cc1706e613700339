import { tagKeys } from '../../lambdas/shared/tags.ts';
import type { Scenario } from '../scenario.ts';
import type { FaultRun, MakeRun } from './runs.ts';

import { ledServices, spareServer, unledService } from './led-services.ts';
import type { LedService } from './led-services.ts';

export type FindScenario = (name: string) => Scenario;

/** Core business: a fail-over alone, one beside the cut, and none for want of a standby. */
export function listServiceRuns(find: FindScenario, respond: MakeRun, restore: MakeRun): FaultRun[] {
  const machine = ['fail-over-machine', 'fail-over'];
  const switching = ['elasticloadbalancing', 'lambda', 'states'];
  const dead = find('core-without-standby');
  const alive = {
    ...dead,
    services: dead.services?.map((service) => ({ ...service, standbyListens: true })) ?? [],
  };
  // Agreed to, all that is not the fail-over's is cut.
  const agreed = dead.expect && { ...dead.expect, cut: ['subscribers'] };
  return [
    respond('fail-over', alive, { only: ['respond-machine', ...machine] }),
    restore('fail-over', alive, { only: ['restore'], services: ['elasticloadbalancing', 'ec2'] }),
    // Up to the cut it is the run of the plain ransomware; beside it the service fails over.
    respond('core-ransomware', find('core-ransomware'), {
      only: ['isolate-machine', 'fail-over'],
      services: switching,
    }),
    restore('core-ransomware', find('core-ransomware'), { only: ['restore'], services: ['elasticloadbalancing'] }),
    respond(
      'no-standby',
      { ...dead, ...(agreed && { expect: agreed }) },
      {
        answer: 'approve',
        only: machine,
        services: switching,
      },
    ),
    // Where the policy does not want to ask, the machine starts the cut and waits for it.
    respond(
      'no-standby, cut at once',
      { ...leadOtherwise(dead, unledService), ...(agreed && { expect: agreed }) },
      { only: machine, services: ['states'] },
    ),
  ];
}

/** The same trouble on services that are led in every other manner. What is done around the switch is the run of weights. */
export function listMechanismRuns(find: FindScenario, respond: MakeRun, restore: MakeRun): FaultRun[] {
  const trouble = find('core-without-standby');
  return ledServices.flatMap((led) => {
    const name = `fail-over by ${led.by}`;
    const scenario = leadOtherwise(trouble, led);
    return [
      respond(name, scenario, { only: ['fail-over'], services: [led.aws] }),
      restore(name, scenario, { only: ['restore'], services: [led.aws] }),
    ];
  });
}

/** The servers of a scenario behind another front, its standby alive and another server for each manner. */
export function leadOtherwise(
  scenario: Scenario,
  { front, id, name, standby, isDead = false }: Omit<LedService, 'by' | 'aws' | 'how'>,
): Scenario {
  const [former] = scenario.services ?? [];
  const waiting = scenario.servers.find((server) => server.id === former?.standby);
  if (former === undefined || waiting === undefined) throw new Error(`Scenario "${scenario.name}" has no standby`);
  const servers = [...scenario.servers.filter((server) => server !== waiting), { ...waiting, ...standby }];
  // A group launches another in the place of the one it loses.
  const spares = front === 'auto-scaling' ? [{ ...waiting, ...spareServer }] : [];
  return {
    ...scenario,
    servers: [...servers, ...spares].map((server) => ({
      ...server,
      tags: { ...server.tags, [tagKeys.service]: name },
    })),
    services: [
      {
        ...former,
        name,
        front,
        id,
        standby: standby.id,
        spares: spares.map((spare) => spare.id),
        standbyListens: !isDead,
      },
    ],
  };
}

/** Lifelines: time sources that are switched, found in order, and a question about a bypass that nobody answers. */
export function listLifelineRuns(find: FindScenario, respond: MakeRun, restore: MakeRun): FaultRun[] {
  const only = ['respond-machine', 'hold-open-machine', 'hold-open'];
  // They are lifelines from the beginning.
  const without = ['lifeline tag on the way', 'lifeline tag while calls wait', 'fuse off while calls wait'] as const;
  const [clearing, care] = [find('lifeline-clearing'), find('lifeline-life-support')];
  return [
    respond('lifeline-clearing', clearing, { only, without }),
    restore('lifeline-clearing', clearing, { only: ['restore'], services: ['ssm'] }),
    respond('lifeline-life-support', care, {
      answer: 'nobody',
      only: ['hold-open-machine', 'approve-machine', 'ask-person'],
      without,
    }),
  ];
}

/** Watches: a compliance review that is opened and closed, and zones that are compared. */
export function listWatchRuns(find: FindScenario, respond: MakeRun, restore: MakeRun): FaultRun[] {
  const review = toReview(find('compliance-review'));
  const locking = { watch: 'review', late: 1, layers: ['host', 'sessions'] } as const;
  return [
    respond('compliance-review', review, { ...locking, only: ['watch-reviews', 'lock-border-machine'] }),
    restore('compliance-review', review, { ...locking, only: ['watch-reviews'] }),
    respond('time-zones', toZones(find('logistics-time-zones')), {
      watch: 'time-zones',
      // The watch reads zones in every mode, and its command changes nothing.
      without: ['fuse off while calls wait'],
      layers: ['sessions'],
      only: ['watch-time-zones'],
    }),
  ];
}

/** The same review, of servers by their ids: those of other plays bear the same tags. */
function toReview({ later = [], ...scenario }: Scenario): Scenario {
  const servers = [...scenario.servers, ...later];
  const event = scenario.event as { readonly detail: object };
  const detail = { ...event.detail, scope: { servers: servers.map(({ id }) => id) } };
  return { ...scenario, servers, event: { ...event, detail } };
}

/** The same sessions, of the user whose sessions the runs' policy ends. */
function toZones(scenario: Scenario): Scenario {
  return JSON.parse(JSON.stringify(scenario).replaceAll('order-import', 'orders')) as Scenario;
}
