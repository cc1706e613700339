import { readScenarios } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';

/** What is played with faults: a scenario's event, or the restore after it. */
export interface FaultRun {
  readonly name: string;
  /** Where the faults strike; the rest of the run is clean. */
  readonly during: 'respond' | 'restore';
  readonly scenario: Scenario;
  /** Whose calls faults strike at, where another run plays the others' in the same way. Default: everybody's. */
  readonly only?: readonly string[];
}

const respondTo = ['ransomware', 'brute-force', 'fleet', 'lifeline', 'shadow'];
const restoreAfter = ['ransomware', 'brute-force', 'fleet'];

/** Every run: two interfaces and a golden channel, rules, core business, a fleet, a lifeline alone and among others. */
export function listRuns(): readonly FaultRun[] {
  const scenarios = readScenarios();
  const find = (name: string): Scenario => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found === undefined) throw new Error(`There is no scenario "${name}"`);
    return found;
  };
  return [
    ...respondTo.map((name) => ({ name, during: 'respond' as const, scenario: find(name) })),
    // Up to the cut it is the run of the plain ransomware; beside it a person is asked to fail over.
    {
      name: 'core-ransomware',
      during: 'respond',
      scenario: find('core-ransomware'),
      only: ['respond-machine', 'revoke-security-groups', 'hand-over', 'close-incident'],
    },
    { name: 'fleet-with-lifeline', during: 'respond', scenario: protectLast(find('fleet')) },
    ...restoreAfter.map((name) => ({ name: `restore of ${name}`, during: 'restore' as const, scenario: find(name) })),
  ];
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
  const event = JSON.parse(text) as { id: string; detail: { id: string } };
  return {
    ...scenario,
    event: {
      ...event,
      id: `${event.id.slice(0, -6)}${digits}`,
      detail: { ...event.detail, id: `${digits}${event.detail.id.slice(6)}` },
    },
    servers: scenario.servers.map((server) => ({
      ...server,
      id: ids.get(server.id) ?? server.id,
      address: addresses.get(server.address) ?? server.address,
    })),
  };
}
