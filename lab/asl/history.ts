import { formatTimestamp } from './clock.ts';
import type { Clock } from './clock.ts';
import { STATES_ERRORS, StateFailure } from './failure.ts';
import type { Json } from './json.ts';

/** What an event tells, as JSON values. Which fields there are depends on the type, as in the service. */
export interface EventDetails {
  readonly name?: string;
  readonly input?: Json;
  readonly output?: Json;
  readonly assignedVariables?: Readonly<Record<string, Json>>;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly resource?: string;
  readonly resourceType?: string;
  readonly parameters?: Json;
  readonly timeoutInSeconds?: number | undefined;
  readonly heartbeatInSeconds?: number | undefined;
  readonly length?: number;
  readonly index?: number;
  readonly state?: string;
  readonly location?: string;
  readonly roleArn?: string;
}

/** One entry of the execution history: GetExecutionHistory's types and ids, details under one key. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly type: string;
  readonly details: EventDetails;
}

/** The last event of one line of execution; each branch and iteration has its own. */
export interface Cursor {
  last: number;
}

/** The service ends an execution that reaches this many events. */
const MAX_EVENTS = 25_000;

/** Collects the events of one execution and passes each on as it happens. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #clock: Clock;
  readonly #onEvent: (event: HistoryEvent) => void;

  constructor(clock: Clock, onEvent: (event: HistoryEvent) => void = () => undefined) {
    this.#clock = clock;
    this.#onEvent = onEvent;
  }

  /** Adds an event after the cursor's last one and returns its id. */
  record(cursor: Cursor, type: string, details: EventDetails = {}): number {
    const id = this.events.length + 1;
    const event = { id, previousEventId: cursor.last, timestamp: formatTimestamp(this.#clock.now()), type, details };
    this.events.push(event);
    cursor.last = id;
    this.#onEvent(event);
    return id;
  }

  /** Fails a machine that loops for ever, as the service does. */
  refuseWhenFull(): void {
    if (this.events.length < MAX_EVENTS) return;
    const cause = `The execution reached the maximum number of history events (${MAX_EVENTS}).`;
    throw new StateFailure({ error: STATES_ERRORS.runtime, cause });
  }
}

// Payloads travel as JSON text in the service's answers.
const PAYLOADS = new Set(['input', 'output', 'parameters']);

/** The event as GetExecutionHistory answers it: details under the type's own key, payloads as text, epoch seconds. */
export function toApiEvent(event: HistoryEvent): Record<string, unknown> {
  const { id, previousEventId, type, timestamp } = event;
  const envelope = { id, previousEventId, type, timestamp: Date.parse(timestamp) / 1000 };
  const details = Object.entries(event.details).filter(([, value]) => value !== undefined);
  // The service says nothing about a stopped state but that it was stopped.
  if (details.length === 0 || type.endsWith('StateAborted')) return envelope;
  return { ...envelope, [detailsKey(type)]: Object.fromEntries(details.flatMap(toApiDetail)) };
}

function detailsKey(type: string): string {
  // Entries and exits share one key for all types of state; every other type has its own.
  const shared = /State(Entered|Exited)$/.exec(type);
  const stem = shared === null ? type : shared[0];
  return `${stem.charAt(0).toLowerCase()}${stem.slice(1)}EventDetails`;
}

function toApiDetail([key, value]: [string, unknown]): [string, unknown][] {
  if (PAYLOADS.has(key)) {
    const text: [string, unknown] = [key, JSON.stringify(value)];
    return key === 'parameters' ? [text] : [text, [`${key}Details`, { truncated: false }]];
  }
  if (key !== 'assignedVariables') return [[key, value]];
  const texts = Object.entries(value as Record<string, Json>).map(([name, assigned]) => [
    name,
    JSON.stringify(assigned),
  ]);
  return [
    [key, Object.fromEntries(texts)],
    ['assignedVariablesDetails', { truncated: false }],
  ];
}
