import { scenes, toScenario } from '../../lab/faults/scenes.ts';
import { renewScenario } from '../../lab/faults/renew-scenario.ts';
import { readScenarios } from '../../lab/scenario.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Threats, a lifeline, red lines and overload: every way through the flowchart that needs nobody and no service. */
function listKinds(): Scenario[] {
  const wanted = ['command-and-control', 'brute-force', 'lifeline-life-support', 'ransomware'];
  const scenarios = readScenarios().filter(({ name }) => wanted.includes(name));
  if (scenarios.length !== wanted.length) throw new Error(`Not all scenarios are there: ${wanted.join(', ')}`);
  const { trading, medical, logistics, overload } = scenes;
  return [...scenarios, ...[trading, medical, logistics, overload].map(toScenario)];
}

/** As many scenarios, each with an event and servers of its own; the kinds take turns. */
export function makeStorm(events: number): Scenario[] {
  const kinds = listKinds();
  return Array.from({ length: events }, (_, number) => {
    const kind = kinds[number % kinds.length];
    if (kind === undefined) throw new Error('There are no kinds of events');
    return renewScenario(kind, number + 1);
  });
}
