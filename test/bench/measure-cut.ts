import { detectRealHosts } from '../../lab/hosts/create-host-world.ts';
import { startLab } from '../../lab/lab.ts';
import { play } from '../../lab/play.ts';
import { readScenarios } from '../../lab/scenario.ts';
import { median, round } from './median.ts';
import type { Measured } from './run-bench.ts';

const rounds = 7;
const budgetMs = 3000;

/**
 * From the event's receipt to the first blocked packet in the lab, on this machine: cold, then the median of warm runs.
 * The lab adds no latency of AWS, so this is the part of the three seconds that our own code takes.
 */
export async function measureCut(): Promise<Measured[]> {
  const { possible } = await detectRealHosts();
  const lab = await startLab({ hosts: possible ? 'real' : 'simulated' });
  try {
    const scenario = readScenarios().find(({ name }) => name === 'command-and-control');
    if (scenario === undefined) throw new Error('The scenario "command-and-control" is gone');
    const latencies: number[] = [];
    for (let turn = 0; turn < rounds; turn += 1) {
      const text = JSON.stringify({ servers: scenario.servers, event: scenario.event, expect: scenario.expect });
      // A fresh server and a fresh finding each time: a repeat would not be cut.
      const fresh = text
        .replaceAll('i-0a0000000000002', `i-0a00000000000f${turn}`)
        .replaceAll('0a000000000000000000000000000002', `0a00000000000000000000000000f0${turn}0`)
        .replaceAll('10.0.2.20', `10.0.${60 + turn}.20`);
      const { result } = await play(lab, { ...scenario, ...JSON.parse(fresh) }, () => undefined);
      if (result.latencyMs === null || !result.ok) throw new Error(`Round ${turn}: ${result.failures.join('; ')}`);
      latencies.push(result.latencyMs);
    }
    const [cold = 0, ...warm] = latencies;
    const hosts = possible ? 'real hosts' : 'simulated hosts';
    return [
      toMeasured(`event to block, cold, ${hosts}`, cold),
      toMeasured(`event to block, warm, ${hosts}`, median(warm)),
    ];
  } finally {
    await lab.stop();
  }
}

function toMeasured(name: string, value: number): Measured {
  return {
    name,
    value: round(value, 0),
    unit: 'ms',
    reference: budgetMs,
    ratio: round(value / budgetMs, 3),
    budget: 'ratio to the three seconds at most 1',
    ok: value <= budgetMs,
  };
}
