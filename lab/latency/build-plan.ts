import type { HistoryEvent } from '../asl/history.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import { findOwnTimes, findWaits } from './find-waits.ts';
import { findLatency } from './latency-model.ts';
import type { LatencyId } from './latency-model.ts';
import type { Plan, PlanStep, StepWait } from './plan-step.ts';
import type { RecordedExecution, RecordedInvocation, RecordedRun } from './recorded-run.ts';

/**
 * Turns a recorded run into what waits for what: the delivery of the event, the state machines with each state they
 * entered, the functions and their calls. A state machine's way is read from its history, not from its times.
 */
export function buildPlan(run: RecordedRun): Plan {
  const [first] = run.executions;
  if (first === undefined) throw new Error('Could not plan a run in which no state machine ran');
  const builder = new PlanBuilder(run.executions);
  const delivered = builder.addMachineStep('delivery', []);
  builder.addExecution(first, builder.addMachineStep('startExecution', after(delivered)));
  return builder.steps;
}

function after(step: number): StepWait[] {
  return [{ of: [step], count: 1 }];
}

const machineStep = { kind: 'machine', service: 'states', input: null, items: 0, ownMs: 0, stem: '' } as const;

class PlanBuilder {
  readonly steps: PlanStep[] = [];
  readonly #executions: readonly RecordedExecution[];

  constructor(executions: readonly RecordedExecution[]) {
    this.#executions = executions;
  }

  addMachineStep(latency: LatencyId, waits: readonly StepWait[]): number {
    return this.#add({ ...machineStep, latency, operation: latency, waits });
  }

  /** What comes after the end of a child machine is left out: the cut is over by then. */
  addExecution(execution: RecordedExecution, started: number): void {
    const left = [...execution.invocations];
    const returned = new Map<number, number>();
    for (const event of execution.history) {
      if (event.type !== 'TaskScheduled') continue;
      const source = findSource(execution.history, event);
      const from = source.task === null ? started : returned.get(source.task);
      if (from === undefined) continue;
      let last = source.pausedMs === 0 ? from : this.#addPause(source.pausedMs, from);
      for (let entered = 0; entered < source.entered; entered += 1)
        last = this.addMachineStep('transition', after(last));
      const { resource = '', parameters } = event.details;
      if (resource === 'invoke') returned.set(event.id, this.#addInvocation(takeInvocation(left, parameters), last));
      if (resource.startsWith('startExecution')) this.#addChild(parameters, last);
    }
  }

  /** The wait before a task is tried again, as it was seen. */
  #addPause(ownMs: number, last: number): number {
    return this.#add({ ...machineStep, latency: null, operation: 'retry', ownMs, waits: after(last) });
  }

  #addChild(parameters: unknown, last: number): void {
    const name = isRecord(parameters) ? parameters['Name'] : undefined;
    const child = this.#executions.find((execution) => execution.name === name);
    const started = this.addMachineStep('startExecution', after(last));
    if (child !== undefined) this.addExecution(child, started);
  }

  /** Returns the step with which the function is done. */
  #addInvocation({ stem, calls, startMs, endMs }: RecordedInvocation, last: number): number {
    const invoke = {
      ...machineStep,
      kind: 'invoke',
      latency: 'invoke',
      service: 'lambda',
      operation: 'Invoke',
    } as const;
    const begun = this.#add({ ...invoke, waits: after(last), stem });
    const ownTimes = findOwnTimes(calls, startMs);
    const first = begun + 1;
    findWaits(calls).forEach((waits, place) => {
      const call = calls[place];
      if (call === undefined) return;
      const { service, operation, input, items } = call;
      const shifted = waits.map(({ of, count }) => ({ of: of.map((index) => first + index), count }));
      this.#add({
        kind: 'call',
        latency: findLatency(service, operation),
        service,
        operation,
        input,
        items,
        ownMs: ownTimes[place] ?? 0,
        waits: shifted.length === 0 ? after(begun) : shifted,
        stem,
      });
    });
    const all = Array.from({ length: calls.length + 1 }, (_, index) => begun + index);
    const ownMs = endMs - Math.max(startMs, ...calls.map((call) => call.endMs));
    const waits = [{ of: all, count: all.length }];
    return this.#add({ ...machineStep, kind: 'return', latency: null, operation: 'return', ownMs, waits, stem });
  }

  #add(step: PlanStep): number {
    return this.steps.push(step) - 1;
  }
}

/** Invocations of one function by one execution were recorded in the order in which they were scheduled. */
function takeInvocation(left: RecordedInvocation[], parameters: unknown): RecordedInvocation {
  const wanted = isRecord(parameters) ? String(parameters['FunctionName']) : '';
  const place = left.findIndex(({ functionName }) => functionName === wanted);
  const [found] = place === -1 ? [] : left.splice(place, 1);
  if (found === undefined) throw new Error(`Could not find the recorded invocation of "${wanted}"`);
  return found;
}

/** What a task came after: another task of its execution, or the execution's beginning; and how many states were entered. */
interface Source {
  /** Id of the event that scheduled the other task. */
  readonly task: number | null;
  readonly entered: number;
  /** Where the other task is an earlier try of the same: how long the state machine waited before this one. */
  readonly pausedMs: number;
}

function findSource(history: readonly HistoryEvent[], scheduled: HistoryEvent): Source {
  let entered = 0;
  for (let event = previous(history, scheduled); event !== undefined; event = previous(history, event)) {
    if (event.type.endsWith('StateEntered')) entered += 1;
    if (!/^Task(Succeeded|Failed|TimedOut)$/.test(event.type)) continue;
    const isRetry = entered === 0;
    const pausedMs = isRetry ? Date.parse(scheduled.timestamp) - Date.parse(event.timestamp) : 0;
    return { task: findScheduling(history, event), entered, pausedMs };
  }
  return { task: null, entered, pausedMs: 0 };
}

function findScheduling(history: readonly HistoryEvent[], ended: HistoryEvent): number {
  let event: HistoryEvent | undefined = ended;
  while (event !== undefined && event.type !== 'TaskScheduled') event = previous(history, event);
  return event?.id ?? 0;
}

/** Ids count from one. */
function previous(history: readonly HistoryEvent[], { previousEventId }: HistoryEvent): HistoryEvent | undefined {
  return history[previousEventId - 1];
}
