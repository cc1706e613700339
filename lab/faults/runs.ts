import { tagKeys } from '../../lambdas/shared/tags.ts';
import { readScenarios } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { scenes, toScenario } from './scenes.ts';

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
  /** What a person says who is asked. Default: nobody is asked. */
  readonly answer?: 'approve' | 'decline';
  /** Whose calls faults strike at, where another run plays the others' in the same way. Default: everybody's. */
  readonly only?: readonly string[];
}

const respondTo = ['ransomware', 'brute-force', 'fleet', 'lifeline', 'shadow'];
const restoreAfter = ['ransomware', 'brute-force', 'fleet'];

/** Asked about before they are cut, by an exception of the runs' policy. */
export const drillTag = { key: 'connection-fuse-lab:drill', value: 'ask' };

/** Every run: network and rules, core business, a fleet, lifelines, every profile, shedding, a person who answers. */
export function listRuns(): readonly FaultRun[] {
  const scenarios = readScenarios();
  const find = (name: string): Scenario => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found === undefined) throw new Error(`There is no scenario "${name}"`);
    return found;
  };
  const respond = (name: string, scenario: Scenario, more: Partial<FaultRun> = {}): FaultRun => ({
    name,
    during: 'respond',
    scenario,
    ...more,
  });
  return [
    ...respondTo.map((name) => respond(name, find(name))),
    // Up to the cut it is the run of the plain ransomware; beside it a person is asked to fail over.
    respond('core-ransomware', find('core-ransomware'), {
      only: ['respond-machine', 'isolate-machine', 'revoke-security-groups', 'hand-over', 'close-incident'],
    }),
    respond('fleet-with-lifeline', protectLast(find('fleet'))),
    ...listSceneRuns(respond),
    ...listAskedRuns(respond, find('command-and-control')),
    ...restoreAfter.map((name) => ({ name: `restore of ${name}`, during: 'restore' as const, scenario: find(name) })),
    {
      name: 'restore of trading',
      during: 'restore',
      scenario: toScenario(scenes.trading),
      layers: ['host', 'machine'],
    },
  ];
}

type MakeRun = (name: string, scenario: Scenario, more?: Partial<FaultRun>) => FaultRun;

/** What a profile shares with the one before it is struck at there. */
function listSceneRuns(respond: MakeRun): FaultRun[] {
  const steps = ['respond-machine', 'cut-by-profile-machine'];
  return [
    respond('trading', toScenario(scenes.trading), { layers: ['host', 'machine'] }),
    respond('trading-clock', toScenario(scenes.clock), { layers: [], only: [...steps, 'restore-machine', 'restore'] }),
    respond('medical', toScenario(scenes.medical), { layers: ['host', 'machine'], only: [...steps, 'hold-task'] }),
    respond('logistics', toScenario(scenes.logistics), { layers: ['sessions'], only: [...steps, 'kill-sessions'] }),
    respond('shedding', toScenario(scenes.overload), { layers: ['host'], only: [...steps, 'shed-connections'] }),
  ];
}

function listAskedRuns(respond: MakeRun, scenario: Scenario): FaultRun[] {
  const only = ['respond-machine', 'assess', 'approve-machine', 'isolate-machine', 'ask-person', 'close-incident'];
  const asked = tagServers(scenario, { [drillTag.key]: drillTag.value });
  const spared = { ...asked, expect: asked.expect && { ...asked.expect, cut: [] } };
  return [
    respond('approved', asked, { answer: 'approve', only }),
    respond('declined', spared, { answer: 'decline', only: ['approve-machine', 'ask-person', 'close-incident'] }),
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

/**
 * The same scenario with an event and servers of its own, so that one lab can play it again and again. `number` must
 * be another one each time.
 */
export function renewScenario(scenario: Scenario, number: number): Scenario {
  const digits = number.toString(16).padStart(6, '0');
  const network = `10.${100 + (number >> 8)}.${number & 255}`;
  const ids = new Map(scenario.servers.map(({ id }) => [id, `${id.slice(0, 4)}${digits}${id.slice(10)}`]));
  const addresses = new Map(
    scenario.servers.map(({ address }) => [address, `${network}.${address.split('.').at(-1) ?? ''}`]),
  );
  let text = JSON.stringify(scenario.event);
  for (const [from, to] of [...ids, ...addresses]) text = text.replaceAll(from, to);
  const event = JSON.parse(text) as { id: string; detail: { id?: string } };
  const { id } = event.detail;
  return {
    ...scenario,
    event: {
      ...event,
      id: `${event.id.slice(0, -6)}${digits}`,
      // A sensor's signal is known by its server.
      detail: id === undefined ? event.detail : { ...event.detail, id: `${digits}${id.slice(6)}` },
    },
    servers: scenario.servers.map((server) => ({
      ...server,
      id: ids.get(server.id) ?? server.id,
      address: addresses.get(server.address) ?? server.address,
    })),
  };
}
