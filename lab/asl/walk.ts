import { attemptOnce } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { StateFailure } from './failure.ts';
import type { ErrorOutput } from './failure.ts';
import { bindFunctions } from './functions.ts';
import { History } from './history.ts';
import { describeExecution } from './interpreter.ts';
import type { RunOptions } from './interpreter.ts';
import type { Json, JsonObject } from './json.ts';
import { loadMachine } from './machine.ts';
import { planMap } from './map.ts';
import { planParallel } from './parallel.ts';
import { isResilient, listPlaces } from './places.ts';
import { waitsForToken } from './resources.ts';
import type { Run, Visit } from './run.ts';
import type { ResilientState, State } from './schema.ts';
import { Scope } from './scope.ts';
import { planTask } from './task.ts';
import { TaskTokens } from './tokens.ts';
import { VirtualClock } from './virtual-clock.ts';
import { enterState, performState, runWorkflow } from './workflow.ts';

/** One way a state can go: what a test of "every branch" must walk. */
export interface Branch {
  readonly state: string;
  readonly kind: 'rule' | 'default' | 'catch' | 'retry';
  /** Position in Choices, Catch or Retry; 0 for Default. */
  readonly index: number;
  /** The state it leads to: the next one, or for a retry the state itself. */
  readonly target: string;
  readonly condition?: string | boolean;
  readonly errorEquals?: readonly string[];
}

/** Every choice rule, Default, catcher and retrier of a machine, nested states included. */
export function listBranches(definition: unknown): Branch[] {
  return listPlaces(loadMachine(definition)).flatMap(({ name, state }) => [
    ...choiceBranches(name, state),
    ...(isResilient(state) ? handlerBranches(name, state) : []),
  ]);
}

function choiceBranches(name: string, state: State): Branch[] {
  if (state.Type !== 'Choice') return [];
  const rules = state.Choices.map(({ Condition: condition, Next: target }, index): Branch => ({
    state: name,
    kind: 'rule',
    index,
    target,
    condition,
  }));
  // Without Default the way out is States.NoChoiceMatched, which is a failure and no branch.
  if (state.Default === undefined) return rules;
  return [...rules, { state: name, kind: 'default', index: 0, target: state.Default }];
}

function handlerBranches(name: string, { Retry = [], Catch = [] }: ResilientState): Branch[] {
  return [
    ...Retry.map(({ ErrorEquals: errorEquals }, index): Branch => ({
      state: name,
      kind: 'retry',
      index,
      target: name,
      errorEquals,
    })),
    ...Catch.map(({ ErrorEquals: errorEquals, Next }, index): Branch => ({
      state: name,
      kind: 'catch',
      index,
      target: Next,
      errorEquals,
    })),
  ];
}

/** The situation a single state is run in. */
export interface StateSituation {
  readonly input?: Json;
  /** Workflow variables on entry. */
  readonly variables?: JsonObject;
  readonly context?: RunOptions['context'];
  /** What the work of a Task, Parallel or Map comes to; required for these. */
  readonly mock?: { readonly result: Json } | { readonly error: ErrorOutput & { readonly missedHeartbeat?: boolean } };
  /** Retries already made, by retrier. */
  readonly retries?: readonly number[];
  /** For jitter; default: the upper bound of the delay. */
  readonly random?: () => number;
}

/** What one state did, in the words of TestState. */
export interface StateOutcome extends ErrorOutput {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'RETRIABLE' | 'CAUGHT_ERROR';
  /** Undefined at an end, after a failure and before a retry. */
  readonly next?: string | undefined;
  readonly output?: Json;
  readonly assigned?: JsonObject;
  /** Which entry of Retry or Catch took the error. */
  readonly index?: number;
  readonly retryDelaySeconds?: number;
  /** What the handler or the branches would have been given; for a Map, the input of each iteration. */
  readonly arguments?: Json;
}

/** Runs one state, nested ones too, as TestState does: its work is mocked, its waiting takes no time, nothing follows it. */
export async function runState(
  definition: unknown,
  stateName: string,
  situation: StateSituation = {},
): Promise<StateOutcome> {
  const place = listPlaces(loadMachine(definition)).find(({ name }) => name === stateName);
  if (place === undefined)
    throw new RangeError(`Could not run the state "${stateName}": the machine has no such state`);
  const visit = prepareVisit(place.name, place.state, situation);
  try {
    if (!isResilient(visit.state)) return describeMove(await performState(visit));
    return await runMocked({ ...visit, state: visit.state }, situation);
  } catch (error) {
    if (!(error instanceof StateFailure)) throw error;
    return { status: 'FAILED', error: error.error, cause: error.cause };
  }
}

function prepareVisit(name: string, state: State, situation: StateSituation): Visit {
  // Everything is fixed, so that the same situation always has the same outcome.
  const clock = new VirtualClock();
  const input = situation.input ?? {};
  const { random = () => 1, context = {} } = situation;
  const run: Run = {
    handlers: {},
    clock,
    random,
    tokens: new TaskTokens(),
    history: new History(clock),
    path: [],
    facts: describeExecution(input, { context, random: () => 0 }, '2026-01-01T00:00:00Z'),
    functions: bindFunctions({ clock, random: () => 0 }),
    runWorkflow,
  };
  const scope = new Scope(undefined, situation.variables);
  const visit = enterState(
    { run, scope, signal: new AbortController().signal, cursor: { last: 0 } },
    name,
    state,
    input,
  );
  visit.retries.push(...(situation.retries ?? []));
  return visit;
}

async function runMocked(visit: Visit<ResilientState>, { mock }: StateSituation): Promise<StateOutcome> {
  if (mock === undefined) {
    throw new TypeError(
      `Could not run the state "${visit.name}": a ${visit.state.Type} wants a mock, received "undefined"`,
    );
  }
  let given: Json = null;
  const attempt = await attemptOnce(visit, async () => {
    // Evaluated although the work is mocked: a fault in Arguments must show.
    given = await planWork(visit);
    if ('error' in mock) throw new StateFailure(mock.error);
    return mock.result;
  });
  return { ...describeAttempt(attempt), arguments: given };
}

async function planWork(visit: Visit<ResilientState>): Promise<Json> {
  const { state } = visit;
  if (state.Type === 'Parallel') return planParallel({ ...visit, state });
  if (state.Type === 'Map') return (await planMap({ ...visit, state })).inputs;
  // A token to look for in the arguments; nothing waits for it.
  const token = waitsForToken(state.Resource) ? 'task-token' : undefined;
  return (await planTask({ ...visit, state }, token)).arguments;
}

function describeAttempt(attempt: Attempt): StateOutcome {
  if (attempt.kind === 'moved') return describeMove(attempt.move);
  const { index, failure } = attempt;
  const seen = { index, error: failure.error, cause: failure.cause };
  // TestState stops at the retry; so does this.
  if (attempt.kind === 'retry') return { status: 'RETRIABLE', ...seen, retryDelaySeconds: attempt.delaySeconds };
  return { ...describeMove(attempt.move), ...seen, status: 'CAUGHT_ERROR' };
}

function describeMove({
  next,
  output,
  assigned,
}: {
  next: string | undefined;
  output: Json;
  assigned: JsonObject;
}): StateOutcome {
  return { status: 'SUCCEEDED', next, output, assigned };
}
