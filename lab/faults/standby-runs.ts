import { tagKeys } from '../../lambdas/shared/tags.ts';
import type { Scenario, ScenarioService } from '../scenario.ts';
import type { FaultRun, MakeRun } from './runs.ts';

type FindScenario = (name: string) => Scenario;

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
  ];
}

/** The same trouble on a service that an Elastic IP address leads to. */
export function listMechanismRuns(find: FindScenario, respond: MakeRun, restore: MakeRun): FaultRun[] {
  const trouble = find('core-without-standby');
  const [payments] = find('core-failover').services ?? [];
  const [quotes] = trouble.services ?? [];
  if (payments === undefined || quotes === undefined) throw new Error('The scenarios of fail-over have no service');
  const address = leadOtherwise(trouble, { ...payments, primary: quotes.primary });
  // What it does around the switch is the run of weights.
  return [
    respond('fail-over by address', address, { only: ['fail-over'], services: ['ec2'] }),
    restore('fail-over by address', address, { only: ['restore'], services: ['ec2'] }),
  ];
}

/** The servers of a scenario behind another front: the first as they are, the standby as the front's policy names it. */
function leadOtherwise(scenario: Scenario, service: ScenarioService): Scenario {
  const [former] = scenario.services ?? [];
  const servers = scenario.servers.map((server) => ({
    ...server,
    id: server.id === former?.standby ? service.standby : server.id,
    tags: { ...server.tags, [tagKeys.service]: service.name },
  }));
  return { ...scenario, servers, services: [service] };
}

/** Lifelines: time sources that are switched, found in order, and a question about a bypass that nobody answers. */
export function listLifelineRuns(find: FindScenario, respond: MakeRun, restore: MakeRun): FaultRun[] {
  const only = ['respond-machine', 'hold-open-machine', 'hold-open'];
  // They are lifelines from the beginning.
  const without = ['lifeline tag on the way'] as const;
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
