import type { HistoryEvent } from '../../lab/asl/history.ts';
import type { PlanStep } from '../../lab/latency/plan-step.ts';
import type { RecordedCall, RecordedInvocation } from '../../lab/latency/recorded-run.ts';

/** A write to the table that takes from 0 to 10 ms; change what the test is about. */
export function buildCall(over: Partial<RecordedCall> = {}): RecordedCall {
  return { service: 'dynamodb', operation: 'PutItem', startMs: 0, endMs: 10, items: 0, input: {}, ...over };
}

/** One that moves an interface, in the same time. */
export function buildMove(over: Partial<RecordedCall> = {}): RecordedCall {
  return buildCall({ service: 'ec2', operation: 'ModifyNetworkInterfaceAttribute', ...over });
}

/** An invocation as long as its calls. */
export function buildInvocation(stem: string, calls: readonly RecordedCall[]): RecordedInvocation {
  return { stem, functionName: stem, startMs: 0, endMs: Math.max(0, ...calls.map(({ endMs }) => endMs)), calls };
}

/** A call of a function that waits for nothing. */
export function buildStep(over: Partial<PlanStep> = {}): PlanStep {
  return {
    kind: 'call',
    latency: 'tableWrite',
    service: 'dynamodb',
    operation: 'PutItem',
    input: {},
    items: 0,
    ownMs: 0,
    waits: [],
    stem: 'revoke-security-groups',
    ...over,
  };
}

/** A call that moves an interface. */
export function buildMoveStep(over: Partial<PlanStep> = {}): PlanStep {
  const operation = 'ModifyNetworkInterfaceAttribute';
  const input = { NetworkInterfaceId: 'eni-1', SecurityGroupId: ['sg-1'] };
  return buildStep({ service: 'ec2', operation, latency: 'ec2Change', input, ...over });
}

/** Waits for all of these steps. */
export function waitFor(...of: readonly number[]): PlanStep['waits'] {
  return [{ of, count: of.length }];
}

/** Waits for so many of these steps, whichever they are. */
export function waitForSome(count: number, of: readonly number[]): PlanStep['waits'] {
  return [{ of, count }];
}

/** As much of an event as a test cares about. */
type EventSeed = Partial<HistoryEvent> & { readonly type: string };

/** Events of a history from their types; each comes after the one before, or after the one it names. */
export function buildHistory(events: readonly EventSeed[]): readonly HistoryEvent[] {
  return events.map((event, place) => ({
    id: place + 1,
    previousEventId: place,
    timestamp: '2026-03-04T09:20:05.000Z',
    details: {},
    ...event,
  }));
}

/** A task that invokes a function, from the state's beginning to its end. */
export function buildInvokeEvents(functionName: string): readonly EventSeed[] {
  return [
    { type: 'TaskStateEntered' },
    { type: 'TaskScheduled', details: { resource: 'invoke', parameters: { FunctionName: functionName } } },
    { type: 'TaskStarted' },
    { type: 'TaskSucceeded' },
    { type: 'TaskStateExited' },
  ];
}
