import { describe, expect, it } from 'vitest';
import { walkMachine, type WalkStep } from '../../lab/asl/walk-machine.ts';
import type { Json, JsonObject } from '../../lab/asl/json.ts';
import type { Question } from '../../lambdas/shared/contracts/incident.ts';
import { buildCohort, incident, machineNames, readMachine } from './machines.ts';

interface Way {
  /** States in the order of entry up to the first function that blocks, itself included. */
  readonly states: readonly string[];
  /** Functions called up to there. */
  readonly functions: readonly string[];
  /** All states that were entered until everything had ended. */
  readonly transitions: number;
}

/** Walks the whole flowchart from the files, children included, with one cohort as the assessment's answer. */
async function walkTo(blocking: string, cohort: JsonObject): Promise<Way> {
  const functions: string[] = [];
  let isOpen = true;
  const states: string[] = [];
  const answer = ({ arguments: given, state, within }: WalkStep) => {
    const { FunctionName = '', Payload = {} } = given as { FunctionName?: string; Payload?: JsonObject };
    const name = FunctionName.replace(/^\$\{(\w+)FunctionArn\}$/, '$1');
    if (isOpen) functions.push(name);
    if (isOpen) states.push([...within, state].join(' > '));
    if (name === blocking) isOpen = false;
    return { result: { Payload: name === 'Assess' ? assess(cohort) : act(Payload) } as Json };
  };
  const walk = await walkMachine(readMachine('respond'), {}, { answer, resolveMachine });
  const last = walk.path.findIndex(({ within, state }) => [...within, state].join(' > ') === states.at(-1));
  expect(walk.status).toBe('SUCCEEDED');
  return {
    states: walk.path.slice(0, last + 1).map(({ state }) => state),
    functions,
    transitions: walk.path.length,
  };
}

function assess(cohort: JsonObject): JsonObject {
  return { outcome: 'incident', reason: 'finding', incident, cohorts: [cohort] };
}

function act({ action = null }: JsonObject): JsonObject {
  return { action, cohortId: 'c1', status: 'verified', summary: 'seen' };
}

function resolveMachine(arn: string): unknown {
  const stem = /^\$\{(\w+)StateMachineArn\}$/.exec(arn)?.[1] ?? '';
  const name = machineNames.find((one) => one.replaceAll('-', '') === stem.toLowerCase());
  return name === undefined ? undefined : readMachine(name);
}

const fleetOf = (size: number) => ({
  servers: Array.from({ length: size }, (_, index) => `i-0a0000000000${String(index).padStart(5, '0')}`),
});

const spreading: readonly Question[] = ['spreads', 'securityRisk'];
const throughRisk = [
  'Assess',
  'Answer each cohort',
  'Is it a lifeline?',
  'Does it affect core business?',
  'Is there a security risk?',
  'Isolate',
  'Cut at once',
  'Revoke security groups',
];

/** A state or function more before the first block costs the three seconds: whoever adds one has to change this table. */
const ways: readonly [string, JsonObject, readonly string[]][] = [
  ['ransomware on a server of general profile', buildCohort(spreading), throughRisk],
  [
    'ransomware on core business',
    buildCohort([...spreading, 'coreBusiness']),
    throughRisk.filter((state) => state !== 'Is there a security risk?'),
  ],
  ['ransomware on a fleet of 87', buildCohort(spreading, fleetOf(87)), throughRisk],
  ['ransomware on a fleet of 1,000', buildCohort(spreading, fleetOf(1000)), throughRisk],
];

describe('the way through the state machines to the first block', () => {
  it.each(ways)('of %s is as short as it stands here', async (_, cohort, expected) => {
    const { states, functions } = await walkTo('RevokeSecurityGroups', cohort);

    expect(states).toEqual(expected);
    expect(functions).toEqual(['Assess', 'RevokeSecurityGroups']);
  });

  it('takes the same number of transitions for 1, 10, 87 and 1,000 servers', async () => {
    const all = await Promise.all(
      [1, 10, 87, 1000].map(async (size) => walkTo('RevokeSecurityGroups', buildCohort(spreading, fleetOf(size)))),
    );

    expect(new Set(all.map(({ transitions }) => transitions)).size).toBe(1);
    expect(all[0]?.transitions).toBe(12);
  });
});
