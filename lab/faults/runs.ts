import { tagKeys } from '../../lambdas/shared/tags.ts';
import { readScenarios } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import type { FaultLab } from './fault-lab.ts';
import type { RunFault } from './point.ts';
import { listRareRuns } from './rare-runs.ts';
import { scenes, toScenario } from './scenes.ts';
import { listLifelineRuns, listMechanismRuns, listServiceRuns, listWatchRuns } from './standby-runs.ts';
import type { Watch } from './set-off.ts';

/** What of a server is cut; a claim of containment has to hold for all of it. */
export type Layer = 'network' | 'host' | 'sessions' | 'machine';

/** What is played with faults: a scenario's event, or the restore after it. */
export interface FaultRun {
  readonly name: string;
  /** Where the faults strike; the rest of the run is clean. */
  readonly during: 'respond' | 'restore';
  readonly scenario: Scenario;
  /** Default: network and host. */
  readonly layers?: readonly Layer[];
  /** What a person says who is asked; `nobody` lets the question be asked again and run out. Default: nobody is asked. */
  readonly answer?: 'approve' | 'decline' | 'nobody';
  /** Whose calls faults strike at, where another run plays the others' in the same way. Default: everybody's. */
  readonly only?: readonly string[];
  /** To which services the calls go that faults strike at; the others' are struck at elsewhere. Default: to all. */
  readonly services?: readonly string[];
  /** Which operations faults strike at, where many others are looks that are all alike. Default: all. */
  readonly operations?: readonly string[];
  /** Faults of the run as a whole that say nothing here. Default: none. */
  readonly without?: readonly RunFault[];
  /** Puts into AWS what its servers and services are not, or plays what came before. Default: nothing. */
  readonly prepare?: (lab: FaultLab, scenario: Scenario) => void | Promise<void>;
  /** Whether its hosts need longer than anybody waits, while faults strike. Default: they answer in time. */
  readonly slow?: boolean;
  /** What sets it off where no signal does. Default: its event is a signal. */
  readonly watch?: Watch;
  /** How many of its servers, the last ones, start after the event. Default: none. */
  readonly late?: number;
}

/** Asked about before they are cut, by an exception of the runs' policy. */
export const drillTag = { key: 'connection-fuse-lab:drill', value: 'ask' };

/** Every run: network and rules, core business, a fleet, lifelines, every profile, shedding, a person who answers, watches. */
export function listRuns(): readonly FaultRun[] {
  const scenarios = readScenarios();
  const find = (name: string): Scenario => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found === undefined) throw new Error(`There is no scenario "${name}"`);
    return found;
  };
  const respond: MakeRun = (name, scenario, more = {}) => ({ name, during: 'respond', scenario, ...more });
  const restore: MakeRun = (name, scenario, more = {}) => ({
    name: `restore of ${name}`,
    during: 'restore',
    scenario,
    ...more,
  });
  return [
    respond('ransomware', find('ransomware')),
    // Around the network cut it is the run before this one; here it is by rules, and by a subnet that is closed as a whole.
    respond('brute-force', find('brute-force'), { only: ['revoke-security-groups'] }),
    respond('fleet', find('fleet'), { only: ['revoke-security-groups'] }),
    respond('shadow', find('shadow'), { only: ['revoke-security-groups', 'kill-connections'] }),
    // One in a subnet of theirs is not to be cut, so that interfaces move, and other subnets deny their addresses.
    respond('fleet-with-lifeline', protectLast(find('fleet')), {
      only: ['revoke-security-groups'],
    }),
    ...listSceneRuns(respond),
    ...listAskedRuns(respond, find('command-and-control')),
    restore('ransomware', find('ransomware')),
    restore('brute-force', find('brute-force'), { only: ['restore'], services: ['ec2', 'ssm'] }),
    restore('fleet', find('fleet'), { only: ['restore'], services: ['ec2'] }),
    restore('fleet-with-lifeline', protectLast(find('fleet')), { only: ['restore'], services: ['ec2'] }),
    restore('trading', toScenario(scenes.trading), {
      layers: ['host', 'machine'],
      only: ['restore'],
      services: ['ssm'],
    }),
    restore('medical', toScenario(scenes.medical), {
      layers: ['host', 'machine'],
      only: ['restore'],
      services: ['ssm'],
    }),
    // What ended is gone: no host is called, and that is told all the same.
    restore('logistics', toScenario(scenes.logistics), { layers: ['sessions'], only: ['restore'] }),
    restore('shedding', toScenario(scenes.overload), { layers: ['host'], only: ['restore'], services: ['ssm'] }),
    ...listServiceRuns(find, respond, restore),
    ...listMechanismRuns(find, respond, restore),
    ...listRareRuns(find, respond, restore),
    ...listLifelineRuns(find, respond, restore),
    ...listWatchRuns(find, respond, restore),
  ];
}

export type MakeRun = (name: string, scenario: Scenario, more?: Partial<FaultRun>) => FaultRun;

/** What a profile shares with the one before it is struck at there. */
function listSceneRuns(respond: MakeRun): FaultRun[] {
  const steps = ['cut-by-profile-machine'];
  return [
    respond('trading', toScenario(scenes.trading), {
      layers: ['host', 'machine'],
      only: ['respond-machine', ...steps, 'stop-service', 'resync-clock'],
    }),
    respond('trading-clock', toScenario(scenes.clock), { layers: [], only: [...steps, 'restore-machine', 'restore'] }),
    respond('medical', toScenario(scenes.medical), { layers: ['host', 'machine'], only: [...steps, 'hold-task'] }),
    respond('logistics', toScenario(scenes.logistics), { layers: ['sessions'], only: [...steps, 'kill-sessions'] }),
    respond('shedding', toScenario(scenes.overload), {
      layers: ['host'],
      only: ['respond-machine', 'shed-connections'],
    }),
  ];
}

function listAskedRuns(respond: MakeRun, scenario: Scenario): FaultRun[] {
  const only = ['respond-machine', 'approve-machine', 'ask-person', 'close-incident'];
  const asked = tagServers(scenario, { [drillTag.key]: drillTag.value });
  const spared = { ...asked, expect: asked.expect && { ...asked.expect, cut: [] } };
  return [
    respond('approved', asked, { answer: 'approve', only }),
    respond('declined', spared, { answer: 'decline', only: ['approve-machine', 'ask-person'] }),
  ];
}

function tagServers(scenario: Scenario, tags: Readonly<Record<string, string>>): Scenario {
  return { ...scenario, servers: scenario.servers.map((server) => ({ ...server, tags: { ...server.tags, ...tags } })) };
}

/** The same fleet, but its last server is a lifeline: the others are cut around it. */
function protectLast(scenario: Scenario): Scenario {
  const last = scenario.servers.at(-1);
  if (last === undefined || scenario.expect === undefined) return scenario;
  const tagged = { ...last, tags: { ...last.tags, [tagKeys.lifeline]: 'clearing' } };
  const spared = new Set(last.peers.map(({ name }) => name));
  return {
    ...scenario,
    servers: [...scenario.servers.slice(0, -1), tagged],
    expect: { ...scenario.expect, cut: scenario.expect.cut.filter((name) => !spared.has(name)) },
  };
}
