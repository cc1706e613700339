import { scenes, toScenario } from '../../lab/faults/scenes.ts';
import { renewScenario } from '../../lab/faults/renew-scenario.ts';
import { readScenarios } from '../../lab/scenario.ts';
import type { Scenario } from '../../lab/scenario.ts';
import { flapsPerMinute, toLaterFlap, toOk, toUpdate } from './later-events.ts';
import type { KindOfEvent } from './rates.ts';

/** What is sent, and when: minutes after the attack began. */
export interface Delivery {
  readonly kind: KindOfEvent;
  readonly afterMinutes: number;
  readonly event: unknown;
  /** False for what must start nothing. */
  readonly isSignal: boolean;
}

/** Servers of their own, and what is heard of them. */
export interface Attack {
  readonly minute: number;
  readonly scenario: Scenario;
  readonly deliveries: readonly Delivery[];
}

export interface StormProps {
  readonly minutes: number;
  readonly eventsPerMinute: number;
}

/** In the middle of the hour everything comes at once. */
export const stormTimes = 6;
/** GuardDuty's shortest gap is 15 minutes. */
export const updateGapMinutes = 5;
const updates = 2;

const findingNames = ['command-and-control', 'brute-force', 'lifeline-life-support', 'ransomware'];

/** Threats, a lifeline, red lines and overload: every way through the flowchart that needs nobody and no service. */
function listKinds(): Record<'finding' | 'alarm' | 'sensor', Scenario[]> {
  const all = readScenarios();
  const find = (name: string): Scenario => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`There is no scenario "${name}"`);
    return found;
  };
  const { trading, medical, logistics, overload } = scenes;
  return {
    finding: findingNames.map(find),
    alarm: [find('overload-shed')],
    sensor: [trading, medical, logistics, overload].map(toScenario),
  };
}

/** A third of each source in every minute, each with an event and servers of its own; the kinds take turns. */
export function makeStorm({ minutes, eventsPerMinute }: StormProps): Attack[] {
  const kinds = listKinds();
  const sources = ['finding', 'alarm', 'sensor'] as const;
  let number = 0;
  return Array.from({ length: minutes }, (_, minute) => {
    const count = eventsPerMinute * (minute === stormMinute(minutes) ? stormTimes : 1);
    return Array.from({ length: count }, () => {
      const source = sources[number % sources.length] ?? 'finding';
      const scenario = kinds[source][Math.floor(number / sources.length) % kinds[source].length];
      if (scenario === undefined) throw new Error(`There are no events of "${source}"`);
      number += 1;
      return toAttack(source, renewScenario(scenario, number), minute, number);
    });
  }).flat();
}

export function stormMinute(minutes: number): number {
  return Math.floor(minutes / 2);
}

function toAttack(kind: KindOfEvent, scenario: Scenario, minute: number, number: number): Attack {
  if (kind === 'alarm') return { minute, scenario, deliveries: listFlaps(scenario.event, number) };
  const first: Delivery = { kind, afterMinutes: 0, event: scenario.event, isSignal: true };
  const later = Array.from({ length: kind === 'finding' ? updates : 0 }, (_, index): Delivery => {
    const afterMinutes = updateGapMinutes * (index + 1);
    return { kind: 'update', afterMinutes, event: toUpdate(scenario.event, afterMinutes), isSignal: true };
  });
  return { minute, scenario, deliveries: [first, ...later] };
}

/** The alarm goes off and is quiet again within one minute, and so it does in the next one. */
function listFlaps(event: unknown, number: number): Delivery[] {
  return [0, 1].flatMap((afterMinutes) => {
    const flap = toLaterFlap(event, number, afterMinutes);
    return [flap, toOk(flap)].slice(0, flapsPerMinute).map((changed, index): Delivery => ({
      kind: 'alarm',
      afterMinutes,
      event: changed,
      isSignal: index === 0,
    }));
  });
}
