import { persist } from './attempt.ts';
import { formatTimestamp } from './clock.ts';
import { leave, refuseOversize } from './evaluate.ts';
import { StoppedError } from './failure.ts';
import type { Json } from './json.ts';
import { runMap } from './map.ts';
import { runParallel } from './parallel.ts';
import type { Move, Strand, Visit } from './run.ts';
import type { State, StateOf, Workflow } from './schema.ts';
import { runChoice, runFail, runWait } from './states.ts';
import { runTask } from './task.ts';

/** Runs a workflow from its start to one of its ends; throws StateFailure or StoppedError. */
export async function runWorkflow(strand: Strand, workflow: Workflow, input: Json): Promise<Json> {
  let name = workflow.StartAt;
  let data = input;
  for (;;) {
    const state = workflow.States[name];
    if (state === undefined)
      throw new RangeError(`Could not enter the state "${name}": the workflow has no such state`);
    const move = await passThrough(enterState(strand, name, state, data));
    if (move.next === undefined) return move.output;
    name = move.next;
    data = move.output;
  }
}

/** Records the entry into a state. */
export function enterState(strand: Strand, name: string, state: State, input: Json): Visit {
  const { run, cursor, signal } = strand;
  signal.throwIfAborted();
  run.history.refuseWhenFull();
  // A retry stays inside the state, so that the path names each visit once.
  run.path.push(name);
  const enteredTime = formatTimestamp(run.clock.now());
  const enteredEventId = run.history.record(cursor, `${state.Type}StateEntered`, { name, input });
  return { strand, name, state, input, enteredTime, enteredEventId, retries: [] };
}

async function passThrough(visit: Visit): Promise<Move> {
  const { run, cursor, scope } = visit.strand;
  try {
    // Inputs that no state put out, such as those of an ItemSelector, are checked here.
    refuseOversize(visit.input, visit.name);
    const move = await performState(visit);
    // Variables change on the way out, so that the whole state saw the values on entry.
    scope.assign(move.assigned, visit.name);
    const assigned = Object.keys(move.assigned).length > 0 ? { assignedVariables: move.assigned } : {};
    run.history.record(cursor, `${visit.state.Type}StateExited`, {
      name: visit.name,
      output: move.output,
      ...assigned,
    });
    return move;
  } catch (error) {
    // As on AWS, states that end together with the whole execution leave no event of their own.
    if (error instanceof StoppedError && error.reason === 'sibling-failed')
      run.history.record(cursor, `${visit.state.Type}StateAborted`, { name: visit.name });
    throw error;
  }
}

/** Does what the state is for. */
export async function performState(visit: Visit): Promise<Move> {
  const { state, input } = visit;
  switch (state.Type) {
    case 'Pass':
    case 'Succeed':
      return leave(visit, state, { output: input });
    case 'Choice':
      return runChoice({ ...visit, state });
    case 'Wait':
      return runWait({ ...visit, state });
    case 'Fail':
      return runFail({ ...visit, state });
    case 'Task': {
      const task: Visit<StateOf<'Task'>> = { ...visit, state };
      return persist(task, () => runTask(task));
    }
    case 'Parallel': {
      const parallel: Visit<StateOf<'Parallel'>> = { ...visit, state };
      return persist(parallel, () => runParallel(parallel));
    }
    case 'Map': {
      const map: Visit<StateOf<'Map'>> = { ...visit, state };
      return persist(map, () => runMap(map));
    }
    default:
      throw new TypeError(`Could not run the state "${visit.name}": its type is unknown`);
  }
}
