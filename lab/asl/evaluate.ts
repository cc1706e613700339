import { ExpressionError, evaluateTemplate, expressionSource } from './expression.ts';
import { STATES_ERRORS, StateFailure, dataLimitFailure } from './failure.ts';
import { MAX_PAYLOAD_BYTES, isJsonObject, jsonTypeName, payloadBytes } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { isResilient } from './places.ts';
import type { Move, Visit } from './run.ts';

/** What `$states` offers beside input and context, in the fields where the service offers it. */
export interface Offer {
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly context?: JsonObject;
}

/** The context object during this visit. */
export function contextOf(visit: Visit): JsonObject {
  const { Execution, StateMachine } = visit.strand.run.facts;
  const entered = { Name: visit.name, EnteredTime: visit.enteredTime };
  if (!isResilient(visit.state)) return { Execution, StateMachine, State: entered };
  // Recorded on AWS: 0 at the first attempt of a Task, absent in a Pass.
  const RetryCount = visit.retries.reduce((sum, count) => sum + count, 0);
  return { Execution, StateMachine, State: { ...entered, RetryCount } };
}

/** The value of a field. Its failure is States.QueryEvaluationError, and in the history. */
export async function evaluateField(visit: Visit, value: Json, location: string, offer: Offer = {}): Promise<Json> {
  const { run, scope } = visit.strand;
  const { context, ...rest } = offer;
  // A variable hides a function of its name here. What the service does is not known: the linter refuses such names.
  const states = { input: visit.input, context: { ...contextOf(visit), ...context }, ...rest };
  try {
    return await evaluateTemplate(value, location, { ...run.functions, ...scope.visible(), states });
  } catch (error) {
    if (error instanceof ExpressionError) throw failField(visit, error.location, error.message);
    throw error;
  }
}

/** A field that must be a whole number in a range; undefined when the state does not have it. */
export async function evaluateInteger(
  visit: Visit,
  field: 'TimeoutSeconds' | 'HeartbeatSeconds' | 'Seconds' | 'MaxConcurrency',
  range: { readonly least: number; readonly most: number },
): Promise<number | undefined> {
  // Constants were checked when the machine was loaded; only what an expression gives is still open.
  const given: unknown = Reflect.get(visit.state, field);
  if (typeof given !== 'string') return typeof given === 'number' ? given : undefined;
  const value = await evaluateField(visit, given, field);
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw unexpectedType(visit, given, field, 'integer', value);
  if (value >= range.least && value <= range.most) return value;
  const limits = `must be between ${range.least} and ${range.most}, but was ${value}`;
  throw failField(visit, field, `The value of the field '${field}' ${limits}.`);
}

/** Output, Assign and the step to the next state, for a state, a choice rule or a catcher. */
export async function leave(
  visit: Visit,
  way: {
    readonly Output?: Json | undefined;
    readonly Assign?: Readonly<Record<string, Json>> | undefined;
    readonly Next?: string | undefined;
  },
  plan: { readonly output: Json; readonly offer?: Offer; readonly prefix?: string },
): Promise<Move> {
  const { prefix = '', offer } = plan;
  const output =
    way.Output === undefined ? plan.output : await evaluateField(visit, way.Output, `${prefix}Output`, offer);
  const assigned = await evaluateField(visit, way.Assign ?? {}, `${prefix}Assign`, offer);
  refuseOversize(output, visit.name);
  refuseOversize(assigned, visit.name);
  return { next: way.Next, output, assigned: isJsonObject(assigned) ? assigned : {} };
}

/** Fails with States.DataLimitExceeded when a payload is over the quota. */
export function refuseOversize(value: Json, subject: string): void {
  if (payloadBytes(value) > MAX_PAYLOAD_BYTES) throw dataLimitFailure(subject);
}

/** The failure of an expression that gave another type than its field takes. */
export function unexpectedType(visit: Visit, given: Json, location: string, wanted: string, value: Json): StateFailure {
  const source = typeof given === 'string' ? (expressionSource(given) ?? given) : JSON.stringify(given);
  // The wording is the service's, recorded for Items and carried over to the other typed fields.
  const seen = `Expected '${wanted}', but was '${jsonTypeName(value)}' for value: ${JSON.stringify(value)}`;
  const subject = `The JSONata expression '${source}' specified for the field '${location}'`;
  return failField(visit, location, `${subject} returned an unexpected result type. ${seen}`);
}

/** Records EvaluationFailed and returns the failure, worded as the service does. */
export function failField(visit: Visit, location: string, complaint: string): StateFailure {
  const error = STATES_ERRORS.queryEvaluation;
  const where = `the state '${visit.name}' (entered at the event id #${visit.enteredEventId})`;
  const cause = `An error occurred while executing ${where}. ${complaint}`;
  const { run, cursor } = visit.strand;
  run.history.record(cursor, 'EvaluationFailed', { state: visit.name, location, error, cause });
  return new StateFailure({ error, cause });
}
