import { contextOf, evaluateField, evaluateInteger, failField, refuseOversize } from './evaluate.ts';
import type { Json, JsonObject } from './json.ts';
import type { Visit } from './run.ts';
import type { StateOf } from './schema.ts';
import { recordTask } from './task-events.ts';
import { WaitingAnswer } from './waiting-answer.ts';
import type { TaskPlan } from './waiting-answer.ts';

type TaskVisit = Visit<StateOf<'Task'>>;

const SECONDS = { least: 1, most: 99_999_999 };

/** Runs one attempt of a Task: evaluates its fields, calls the handler, waits for the answer or the token. */
export async function runTask(visit: TaskVisit): Promise<Json> {
  const waiting = new WaitingAnswer(visit);
  try {
    // The token exists before the Arguments, which carry it to whoever is to send it back.
    const plan = await planTask(visit, waiting.token);
    // Evaluating takes its time; a task that was stopped meanwhile must not be called.
    visit.strand.signal.throwIfAborted();
    recordScheduled(visit, plan);
    return await waiting.ask(plan);
  } finally {
    waiting.close();
  }
}

/** Evaluates Arguments, TimeoutSeconds and HeartbeatSeconds. The token is in the context only here, where it is documented. */
export async function planTask(visit: TaskVisit, token: string | undefined): Promise<TaskPlan> {
  const tokenContext: JsonObject = token === undefined ? {} : { Task: { Token: token } };
  const parameters = await evaluateField(visit, visit.state.Arguments, 'Arguments', { context: tokenContext });
  refuseOversize(parameters, visit.name);
  const timeoutSeconds = await evaluateInteger(visit, 'TimeoutSeconds', SECONDS);
  const heartbeatSeconds = await evaluateInteger(visit, 'HeartbeatSeconds', SECONDS);
  if (heartbeatSeconds !== undefined && timeoutSeconds !== undefined && heartbeatSeconds >= timeoutSeconds) {
    const limits = `must be less than TimeoutSeconds ${timeoutSeconds}, but was ${heartbeatSeconds}`;
    throw failField(visit, 'HeartbeatSeconds', `The value of the field 'HeartbeatSeconds' ${limits}.`);
  }
  return { arguments: parameters, context: { ...contextOf(visit), ...tokenContext }, timeoutSeconds, heartbeatSeconds };
}

function recordScheduled(visit: TaskVisit, plan: TaskPlan): void {
  const { timeoutSeconds: timeoutInSeconds, heartbeatSeconds: heartbeatInSeconds, arguments: parameters } = plan;
  recordTask(visit, 'TaskScheduled', { parameters, timeoutInSeconds, heartbeatInSeconds });
  // The time limit counts from here.
  recordTask(visit, 'TaskStarted');
}
