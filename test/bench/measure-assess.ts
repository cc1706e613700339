import { startLab } from '../../lab/lab.ts';
import type { Assembly } from './assembly.ts';
import { raiseFleet } from './fleet.ts';
import { round } from './measured.ts';
import type { Measured } from './measured.ts';
import { measurePace } from './pace.ts';

const warmUps = 10;
const events = 60;
/** The documented refill of the bucket that every assessment draws one DescribeInstances from. */
const ec2PerSecond = 20;

/**
 * How many events one warm process of `assess` gets through, one after the other, with the lab's EC2 and table, whose
 * answers take no longer than the lab itself needs. Slower than EC2 lets it ask, it would be the bottleneck of a storm.
 */
export async function measureAssess({ path, yardstick }: Assembly): Promise<Measured[]> {
  const lab = await startLab({ assembly: path, hosts: 'simulated' });
  try {
    const functionName = lab.aws.lambda.functionNames.find((name) => name.includes('FunctionsAssessFunction')) ?? '';
    const assess = async (number: number): Promise<void> => {
      const payload = {
        event: await raiseFleet(lab, 1, number),
        receivedAt: new Date().toISOString(),
        executionId: `bench-${number}`,
      };
      const outcome = await lab.aws.lambda.invoke(functionName, JSON.stringify(payload));
      if (outcome.kind === 'failed') throw new Error(`Could not assess an event: ${outcome.error.errorMessage}`);
    };
    for (let number = 0; number < warmUps; number += 1) await assess(number);
    const before = measurePace(yardstick);
    const startedAt = performance.now();
    for (let number = 0; number < events; number += 1) await assess(warmUps + number);
    const elapsedMs = performance.now() - startedAt;
    // The less busy of the two moments flatters us least.
    const pace = Math.max(before, measurePace(yardstick));
    const perSecond = (events * 1000) / (elapsedMs * pace);
    return [
      {
        name: 'events assessed by one warm process',
        value: round(perSecond, 1),
        unit: 'events/s',
        reference: ec2PerSecond,
        ratio: round(perSecond / ec2PerSecond, 2),
        budget: `at least ${ec2PerSecond} events/s, as EC2 answers`,
        ok: perSecond >= ec2PerSecond,
        note: `${events} events, one after the other; ${round((events * 1000) / elapsedMs, 1)} a second on this machine, as busy as it is`,
      },
    ];
  } finally {
    await lab.stop();
  }
}
