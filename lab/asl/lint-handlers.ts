import { STATES_ERRORS } from './failure.ts';
import type { Finding } from './lint.ts';
import { isResilient } from './places.ts';
import type { StatePlace } from './places.ts';
import { waitsForExecution } from './resources.ts';
import type { State } from './schema.ts';

/** Error names another name stands for, as `matchesError` reads them. A missed heartbeat is reported as a time-out. */
const COVERED: Readonly<Record<string, (error: string) => boolean>> = {
  'States.TaskFailed': (error) => !OUTSIDE_TASK_FAILED.has(error),
  'States.Timeout': (error) => error === 'States.HeartbeatTimeout',
};

const OUTSIDE_TASK_FAILED: ReadonlySet<string> = new Set([
  'States.ALL',
  'States.HeartbeatTimeout',
  STATES_ERRORS.timeout,
  STATES_ERRORS.dataLimit,
]);

/** Rules for Retry and Catch: an entry that can never be reached is a mistake, whether of order or of name. */
export function lintHandlers({ name, state }: StatePlace): Finding[] {
  if (!isResilient(state)) return [];
  // Both lists are read top down and the first entry that names the error wins.
  const lists = Object.entries({ Retry: state.Retry ?? [], Catch: state.Catch ?? [] });
  return lists.flatMap(([field, entries]) => {
    const earlier: string[] = [];
    return entries.flatMap(({ ErrorEquals }, index) => {
      const found = ErrorEquals.flatMap((error, position) => {
        const before = ErrorEquals.indexOf(error) < position ? [error] : earlier;
        const fault = whyDead(error, before, state);
        return fault === undefined
          ? []
          : [{ rule: 'dead-handler', where: `${name}/${field}[${index}]`, message: fault }];
      });
      earlier.push(...ErrorEquals);
      return found;
    });
  });
}

function whyDead(error: string, earlier: readonly string[], state: State): string | undefined {
  const covers = (taken: string): boolean => Object.hasOwn(COVERED, taken) && COVERED[taken]?.(error) === true;
  const taker = earlier.find((taken) => taken === error || covers(taken));
  if (taker !== undefined) return `names "${error}", which an earlier entry already takes by "${taker}"`;
  if (error === STATES_ERRORS.runtime) return `names "${error}", which nothing can retry or catch`;
  // The execution's own error stands in the cause alone.
  const isChilds =
    state.Type === 'Task' && waitsForExecution(state.Resource) && !/^(States|StepFunctions)\./.test(error);
  return isChilds ? `names "${error}": an execution that fails comes back as "States.TaskFailed"` : undefined;
}
