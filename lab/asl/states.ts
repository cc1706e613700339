import { parseTimestamp, sleep } from './clock.ts';
import { evaluateField, evaluateInteger, failField, leave, unexpectedType } from './evaluate.ts';
import { STATES_ERRORS, StateFailure } from './failure.ts';
import type { Json } from './json.ts';
import type { Move, Visit } from './run.ts';
import type { StateOf } from './schema.ts';

/** A Wait that would end later than this was recorded to fail the execution (2^31 - 1 s). */
const LONGEST_DELAY_SECONDS = 2_147_483_647;

/** Takes the first choice rule whose condition is true; the state's own Output and Assign belong to Default. */
export async function runChoice(visit: Visit<StateOf<'Choice'>>): Promise<Move> {
  const { input, state } = visit;
  for (const [index, rule] of state.Choices.entries()) {
    // Conditions after the first true one are not evaluated, so that they cannot fail either.
    const prefix = `Choices[${index}]/`;
    if (await isConditionTrue(visit, rule.Condition, `${prefix}Condition`))
      return leave(visit, rule, { output: input, prefix });
  }
  // No Retry and no Catch on a Choice: only a Parallel or Map around it can catch this.
  if (state.Default === undefined) {
    const cause = `Failed to transition out of the state '${visit.name}': no choice rule matched and there is no Default.`;
    throw new StateFailure({ error: STATES_ERRORS.noChoice, cause });
  }
  return leave(visit, { ...state, Next: state.Default }, { output: input });
}

async function isConditionTrue(visit: Visit, condition: string | boolean, location: string): Promise<boolean> {
  const value = await evaluateField(visit, condition, location);
  if (typeof value === 'boolean') return value;
  throw unexpectedType(visit, condition, location, 'boolean', value);
}

/** Waits for a number of seconds or until a time; a time that has passed is no wait. */
export async function runWait(visit: Visit<StateOf<'Wait'>>): Promise<Move> {
  const { clock } = visit.strand.run;
  const seconds = await evaluateInteger(visit, 'Seconds', { least: 0, most: 99_999_999 });
  // The schema lets a Wait have exactly one of the two.
  const delaySeconds = seconds ?? (await secondsUntil(visit, visit.state.Timestamp ?? '', clock.now()));
  await sleep(clock, delaySeconds, visit.strand.signal);
  return leave(visit, visit.state, { output: visit.input });
}

async function secondsUntil(visit: Visit, timestamp: string, nowMilliseconds: number): Promise<number> {
  const value = await evaluateField(visit, timestamp, 'Timestamp');
  const until = typeof value === 'string' ? parseTimestamp(value) : undefined;
  if (until === undefined) {
    const complaint = 'The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string';
    throw failField(visit, 'Timestamp', `${complaint}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  // The service drops the milliseconds of the time it is given.
  const delaySeconds = Math.max(0, Math.floor(until / 1000) - nowMilliseconds / 1000);
  if (delaySeconds <= LONGEST_DELAY_SECONDS) return delaySeconds;
  const where = `the state '${visit.name}' (entered at the event id #${visit.enteredEventId})`;
  throw new StateFailure({
    error: STATES_ERRORS.runtime,
    cause: `An error occurred while executing ${where}. Wait state delay is too long.`,
  });
}

/** Always throws: the failure the state declares. */
export async function runFail(visit: Visit<StateOf<'Fail'>>): Promise<never> {
  // Either may be missing.
  const error = await evaluateText(visit, 'Error');
  const cause = await evaluateText(visit, 'Cause');
  throw new StateFailure({ error, cause });
}

async function evaluateText(visit: Visit<StateOf<'Fail'>>, field: 'Error' | 'Cause'): Promise<string | undefined> {
  const given = visit.state[field];
  if (given === undefined) return undefined;
  const value: Json = await evaluateField(visit, given, field);
  if (typeof value !== 'string') throw unexpectedType(visit, given, field, 'string', value);
  return value;
}
