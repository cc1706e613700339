import { dynamodbSteps } from './dynamodb-steps.ts';
import { ec2Steps } from './ec2-steps.ts';
import { patternSteps, putEventsSteps } from './event-steps.ts';
import { machineSteps } from './machine-steps.ts';
import type { SeededSide } from './sides.ts';
import { ssmSteps } from './ssm-steps.ts';
import { runStep, toAnswer } from './step.ts';
import type { Answer, Step } from './step.ts';

/** Answers of all sides to one step, by the side's name. */
export interface Asked {
  readonly service: string;
  readonly step: string;
  readonly answers: Readonly<Record<string, Answer>>;
}

/**
 * Sides by name. DynamoDB Local knows DynamoDB only; moto's machines do not survive a second execution, and its
 * TestEventPattern says no to every pattern.
 */
export type Sides = Readonly<Record<'lab' | 'ministack' | 'moto' | 'dynamodb-local', SeededSide>>;

/** Asks every side of a service the same steps in the same order. */
export async function askSides(sides: Sides): Promise<readonly Asked[]> {
  const { lab, ministack, moto, 'dynamodb-local': local } = sides;
  return [
    ...(await ask('dynamodb', [lab, ministack, moto, local], dynamodbSteps, async (side) => await side.seedTable())),
    ...(await ask('ec2', [lab, ministack, moto], ec2Steps, async (side) => await side.seedEc2())),
    ...(await ask('ssm', [lab, ministack, moto], ssmSteps, async (side) => await side.seedSsm())),
    ...(await ask('patterns', [lab, ministack], patternSteps, async ({ matching }) => await Promise.resolve(matching))),
    ...(await ask(
      'events',
      [lab, ministack, moto],
      putEventsSteps,
      async ({ matching }) => await Promise.resolve(matching),
    )),
    ...(await ask('states', [lab, ministack], machineSteps, async ({ machines }) => await Promise.resolve(machines))),
  ];
}

async function ask<Seed>(
  service: string,
  sides: readonly SeededSide[],
  steps: readonly Step<Seed>[],
  seed: (side: SeededSide) => Promise<Seed>,
): Promise<readonly Asked[]> {
  const answers = new Map<string, Record<string, Answer>>();
  for (const side of sides) {
    // A side that cannot even be seeded answers every step with why.
    const seeded = await seed(side).then(
      (value) => ({ value }),
      (error: unknown) => ({ failed: toAnswer(error) }),
    );
    for (const step of steps) {
      const known = answers.get(step.name) ?? {};
      known[side.name] = 'failed' in seeded ? seeded.failed : await runStep(step, side, seeded.value);
      answers.set(step.name, known);
    }
  }
  return [...answers].map(([step, found]) => ({ service, step, answers: found }));
}
