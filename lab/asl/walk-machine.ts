import { readChildEnd, toSubmission } from './child-execution.ts';
import { formatTimestamp } from './clock.ts';
import { STATES_ERRORS, StateFailure } from './failure.ts';
import type { ErrorOutput } from './failure.ts';
import { runMachine } from './interpreter.ts';
import type { Execution, RunOptions } from './interpreter.ts';
import { isJsonObject } from './json.ts';
import type { Json } from './json.ts';
import { loadMachine } from './machine.ts';
import { listPlaces } from './places.ts';
import { startsExecution, waitsForExecution, waitsForToken } from './resources.ts';
import type { TaskRequest } from './run.ts';
import { TaskTokens } from './tokens.ts';
import { VirtualClock } from './virtual-clock.ts';
import { describeWalked, planChild } from './walk-child.ts';
import type { ChildPlan } from './walk-child.ts';

/** A state and the states that led into its machine, outermost first; none at the top. */
export interface WalkedState {
  readonly within: readonly string[];
  readonly state: string;
}

/** A task that comes up. One that waits for a token is one step: its answer is what comes back with the token. */
export interface WalkStep extends WalkedState {
  readonly resource: string;
  readonly arguments: Json;
}

/** What a step comes to. A time-out is the error `States.Timeout` with an empty cause. */
export type StepAnswer =
  | { readonly result: Json }
  | { readonly error: ErrorOutput & { readonly missedHeartbeat?: boolean } };

/** What a walk needs from outside. */
export interface WalkOptions {
  /** Answers every task that is not walked into. */
  readonly answer: (step: WalkStep) => StepAnswer | Promise<StepAnswer>;
  /**
   * The definition behind a `StateMachineArn`, as it stands in Arguments; undefined has the task answered like any
   * other. Default: undefined for all.
   */
  readonly resolveMachine?: (stateMachineArn: string) => unknown;
  readonly context?: RunOptions['context'];
}

/** How a machine that was walked into ended, also one that nobody waited for. */
export interface WalkedChild extends WalkedState, ErrorOutput {
  readonly stateMachineArn: string;
  readonly status: Execution['status'];
  readonly output?: Json | undefined;
}

/** A finished walk. */
export interface Walk extends ErrorOutput {
  readonly status: Execution['status'];
  readonly output?: Json | undefined;
  /** Every state in the order of entry, those of nested machines included. */
  readonly path: readonly WalkedState[];
  /** In the order of their ends. */
  readonly children: readonly WalkedChild[];
}

/**
 * Walks a machine with the answers of the caller, and the machines it starts with it: waiting takes no time. What a task
 * starts without waiting is walked to its end on the spot, and that end changes nothing for the task. Rejects when the
 * caller fails to answer or a machine cannot be run.
 */
export async function walkMachine(definition: unknown, input: Json, options: WalkOptions): Promise<Walk> {
  const walker = new Walker(options);
  const leg = { definition, input, within: [], clock: new VirtualClock(), context: options.context };
  const { status, output, error, cause } = await walker.walk(leg);
  await walker.finish();
  return { status, output, error, cause, path: walker.path, children: walker.children };
}

// A machine that starts itself has to end somewhere: each level's cause quotes the one below, and so doubles.
const DEEPEST = 8;

/** One machine to walk. */
interface Leg {
  readonly definition: unknown;
  readonly input: unknown;
  readonly within: readonly string[];
  readonly clock: VirtualClock;
  readonly context: RunOptions['context'];
  readonly signal?: AbortSignal;
}

class Walker {
  readonly path: WalkedState[] = [];
  readonly children: WalkedChild[] = [];
  readonly #options: WalkOptions;
  readonly #tokens = new TaskTokens();
  readonly #names = new Set<string>();
  readonly #faults: unknown[] = [];
  readonly #legs: Promise<unknown>[] = [];

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  async walk(leg: Leg): Promise<Execution> {
    const { definition, input, clock, signal, context = {} } = leg;
    const resources = listPlaces(loadMachine(definition)).flatMap(({ state }) =>
      state.Type === 'Task' ? [state.Resource] : [],
    );
    const handle = async (request: TaskRequest): Promise<Json> => await this.#guard(this.#perform(request, leg));
    return await runMachine(definition, input, {
      handlers: Object.fromEntries(resources.map((resource) => [resource, handle])),
      clock,
      // Jitter at its longest, so that the same situation always walks the same way.
      random: () => 1 - Number.EPSILON,
      tokens: this.#tokens,
      context,
      ...(signal !== undefined && { signal }),
      onEvent: ({ type, details }) => {
        if (type.endsWith('StateEntered')) this.path.push({ within: leg.within, state: details.name ?? '' });
      },
    });
  }

  /** Waits for what was given up on the way, and tells what no machine may hide. */
  async finish(): Promise<void> {
    await Promise.all(this.#legs);
    if (this.#faults.length > 0) throw this.#faults[0];
  }

  /** What is not a failure of the machine is one of the caller or of a definition: no Catch may take it for an answer. */
  async #guard(work: Promise<Json>): Promise<Json> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof StateFailure) throw error;
      this.#faults.push(error);
      throw new StateFailure({ error: STATES_ERRORS.runtime, cause: String(error) });
    }
  }

  async #perform(request: TaskRequest, { within, clock }: Leg): Promise<Json> {
    const step: WalkStep = {
      within,
      state: (request.context as { readonly State: { readonly Name: string } }).State.Name,
      resource: request.resource,
      arguments: request.arguments,
    };
    const definition = this.#findDefinition(step);
    if (definition !== undefined) return await this.#walkInto(definition, step, request, clock);
    const answer = await holding(clock, async () => await this.#options.answer(step));
    if ('error' in answer) throw new StateFailure(answer.error);
    if (request.taskToken === undefined) return answer.result;
    this.#tokens.sendTaskSuccess(request.taskToken, answer.result);
    // Nothing but the receipt of the call.
    return {};
  }

  #findDefinition({ resource, arguments: given }: WalkStep): unknown {
    // With a token the child's end is not the task's: whoever has the token answers.
    if (!startsExecution(resource) || waitsForToken(resource) || !isJsonObject(given)) return undefined;
    const { StateMachineArn } = given;
    return typeof StateMachineArn === 'string' ? this.#options.resolveMachine?.(StateMachineArn) : undefined;
  }

  async #walkInto(definition: unknown, step: WalkStep, request: TaskRequest, clock: VirtualClock): Promise<Json> {
    const within = [...step.within, step.state];
    if (within.length > DEEPEST)
      throw new RangeError(`Could not walk deeper than ${DEEPEST} machines: "${within.join(' > ')}"`);
    const child = planChild(step.arguments, this.#names, clock.now());
    const submission = toSubmission(child.started, 'walked', new Date(clock.now()));
    const leg = { definition, input: child.input, within, context: child.context };
    if (!waitsForExecution(request.resource)) {
      // The parent goes on at the same moment, whatever time the child takes.
      const own = new VirtualClock(formatTimestamp(clock.now()));
      await holding(clock, async () => await this.#follow({ ...leg, clock: own }, step, child));
      return submission;
    }
    // On the parent's clock, so that a child that waits uses up the parent's time limits.
    const walked = await this.#follow({ ...leg, clock, signal: request.signal }, step, child);
    return readChildEnd(describeWalked(child, walked, clock.now()), request.resource);
  }

  async #follow(leg: Leg, { within, state }: WalkStep, { stateMachineArn }: ChildPlan): Promise<Execution> {
    const walk = this.walk(leg);
    // Noted down also when the task is given up meanwhile; a rejection is the task's to tell.
    this.#legs.push(walk.catch(() => undefined));
    const walked = await walk;
    const { status, output, error, cause } = walked;
    this.children.push({ within, state, stateMachineArn, status, output, error, cause });
    return walked;
  }
}

/** Time stands still meanwhile. */
async function holding<Result>(clock: VirtualClock, work: () => Promise<Result>): Promise<Result> {
  const release = clock.hold();
  try {
    return await work();
  } finally {
    release();
  }
}
