import { toAccessKeyId } from '../lambda-runtime/function-environment.ts';
import type { Lab } from '../lab.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import type { ExecutionRecord } from '../services/step-functions/executions.ts';
import type { Random } from './random.ts';
import type { RecordedCall, RecordedExecution, RecordedInvocation, RecordedRun } from './recorded-run.ts';

/**
 * How long a function's calls take while they are recorded. Long beside our own code and never twice the same: so calls
 * that wait for each other are told from calls that only happen to follow. The table stays the quick one, for the code
 * gives up what takes it long.
 */
const recordingMs = { dynamodb: { shortest: 10, longest: 40 }, other: { shortest: 60, longest: 240 } } as const;

/** A call with the time of its answer. */
interface Timed {
  readonly call: ServiceCall;
  readonly startMs: number;
  endMs: number;
}

/**
 * Sends an event to the lab and records what follows from it: every call of every function with its times, and the
 * histories of the state machines. The lab must be quiet, for all that is seen is taken for a part of this incident.
 */
export async function recordRun(lab: Lab, event: unknown, random: Random): Promise<RecordedRun> {
  const { aws } = lab;
  const known = new Set(aws.stepFunctions.executions);
  const sentAt = performance.now();
  const seen: Timed[] = [];
  aws.gateway.setIntercept((call) => {
    const startMs = performance.now() - sentAt;
    const { shortest, longest } = call.service === 'dynamodb' ? recordingMs.dynamodb : recordingMs.other;
    const delayMs = call.session === undefined ? 0 : shortest + random() * (longest - shortest);
    // A call that fails is never done: then the delay is all that is known of it.
    const timed = { call, startMs, endMs: startMs + delayMs };
    seen.push(timed);
    return { delayMs, afterwards: async () => void (timed.endMs = performance.now() - sentAt) };
  });
  try {
    const { outcome, reason } = await lab.trigger(event);
    const executions = aws.stepFunctions.executions.filter((execution) => !known.has(execution));
    return { outcome, reason, executions: executions.map((execution) => toExecution(execution, seen, lab)) };
  } finally {
    aws.gateway.setIntercept(undefined);
  }
}

function toExecution(record: ExecutionRecord, seen: readonly Timed[], lab: Lab): RecordedExecution {
  const { name, machine, history } = record;
  const invocations = seen
    .filter(({ call }) => call.service === 'lambda' && call.caller === machine.arn)
    .map((invoke) => toInvocation(invoke, seen, lab));
  return { name, history, invocations };
}

function toInvocation({ call, startMs, endMs }: Timed, seen: readonly Timed[], lab: Lab): RecordedInvocation {
  const { FunctionName: functionName } = call.input as { readonly FunctionName: string };
  const caller = toAccessKeyId(functionName.split(':')[6] ?? functionName);
  const mine = seen.filter(
    (timed) => timed.call.caller === caller && timed.startMs >= startMs && timed.startMs < endMs,
  );
  if (new Set(mine.map((timed) => timed.call.session)).size > 1) {
    throw new Error(`Could not tell the calls of "${functionName}" apart: it ran twice at the same time`);
  }
  return { stem: toStem(lab.deployment.functionOf(caller)), functionName, startMs, endMs, calls: mine.map(toCall) };
}

function toCall({ call: { service, operation, input }, startMs, endMs }: Timed): RecordedCall {
  return { service, operation, startMs, endMs, items: countItems(input), input };
}

/** The stem of a function, from its logical id: that is in CamelCase, with words before and a hash behind. */
export function toStem(logicalId: string | undefined): string {
  const words = /Functions(\w+)Function[0-9A-F]{8}$/.exec(logicalId ?? '')?.[1] ?? logicalId ?? 'unknown';
  return words.replace(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

/** Texts in lists, at any depth: ids and values of filters. */
function countItems(value: unknown): number {
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, member) => sum + (typeof member === 'string' ? 1 : countItems(member)), 0);
  }
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, member) => sum + countItems(member), 0);
}
