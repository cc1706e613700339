import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMachine, TaskTokens, VirtualClock } from '../../lab/asl/interpreter.ts';
import type { Json, JsonObject } from '../../lab/asl/json.ts';
import { questions, type Question } from '../../lambdas/shared/contracts/incident.ts';

export const machineNames = [
  'respond',
  'isolate',
  'cut-by-profile',
  'fail-over',
  'hold-open',
  'lock-border',
  'approve',
  'restore',
] as const;
export type MachineName = (typeof machineNames)[number];

/** Reads a state machine as it lies on disk; the substitutions stay as they are. */
export function readMachine(name: MachineName): JsonObject {
  const path = join(import.meta.dirname, '..', '..', 'statemachines', `${name}.asl.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
}

export const incident = { id: 'inc-00000000000000000001', signal: { kind: 'ransomware' } };
export const approval = {
  reason: 'Budget is used up',
  timeoutSeconds: 1800,
  remindAfterSeconds: 900,
  onTimeout: 'leave',
};

/** A cohort with these answers. */
export function buildCohort(yes: readonly Question[], over: JsonObject = {}): JsonObject {
  const answers = Object.fromEntries(questions.map((question) => [question, false]));
  const told = Object.fromEntries(Object.keys(answers).map((question) => [question, `why ${question}`]));
  return {
    id: 'c1',
    servers: ['i-0a000000000000001'],
    profile: 'general',
    answers: { ...answers, ...Object.fromEntries(yes.map((question) => [question, true])) },
    evidence: told,
    byProfile: false,
    approval: null,
    withoutStandby: null,
    ...over,
  };
}

export interface Call {
  /** `RevokeSecurityGroups revoke-security-groups`, or the machine that was started. */
  readonly name: string;
  readonly payload: JsonObject;
}

export interface MachineRun {
  readonly input: Json;
  /** What a function or machine answers, by the beginning of its name; the rest answers `verified`. */
  readonly answers?: Readonly<Record<string, Json>>;
  /** Names of those that are lost for good, and the error they throw. */
  readonly lost?: readonly string[];
  readonly error?: string;
}

/** Runs a machine from its file with every function and child faked at the border of the service. */
export async function runWith(name: MachineName, { input, answers = {}, lost = [], error = 'Boom' }: MachineRun) {
  const calls: Call[] = [];
  function answer(called: string, payload: JsonObject): Json {
    calls.push({ name: called, payload });
    if (lost.some((gone) => called.startsWith(gone))) throw Object.assign(new Error('lost'), { name: error });
    const given = Object.entries(answers).find(([start]) => called.startsWith(start));
    if (given !== undefined) return given[1];
    return { action: payload['action'] ?? null, cohortId: 'c1', status: 'verified', summary: called };
  }
  const invoke = async ({ arguments: given }: { arguments: unknown }) => {
    const { FunctionName, Payload } = given as { FunctionName: string; Payload: JsonObject };
    const action = typeof Payload['action'] === 'string' ? ` ${Payload['action']}` : '';
    return Promise.resolve(answer(`${FunctionName.replace(/\$\{(\w+)FunctionArn\}/, '$1')}${action}`, Payload));
  };
  const start = async ({ arguments: given }: { arguments: unknown }) => {
    const { StateMachineArn, Input } = given as { StateMachineArn: string; Input: JsonObject };
    return Promise.resolve({
      Output: answer(StateMachineArn.replace(/\$\{(\w+)StateMachineArn\}/, '$1'), Input),
    });
  };
  const tokens = new TaskTokens();
  const execution = await runMachine(readMachine(name), input, {
    clock: new VirtualClock(),
    tokens,
    handlers: {
      'arn:aws:states:::lambda:invoke': async (task) => ({ Payload: await invoke(task) }),
      // The person answers at once; what the function itself answers is not heard.
      'arn:aws:states:::lambda:invoke.waitForTaskToken': async (task) => {
        const given = await invoke(task);
        queueMicrotask(() => tokens.sendTaskSuccess(task.taskToken ?? '', given));
        return {};
      },
      'arn:aws:states:::states:startExecution.sync:2': async (task) => start(task),
      'arn:aws:states:::states:startExecution': async (task) => start(task),
    },
  });
  return { execution, calls, called: calls.map((call) => call.name) };
}
