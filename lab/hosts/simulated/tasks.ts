import { holdTaskParameters } from '../../../documents/hold-task.ts';
import { releaseTaskParameters } from '../../../documents/release-task.ts';
import type { CommandResult } from '../host-world.ts';
import { answer, conclude } from './document-answer.ts';
import type { HeldUnits } from './held-units.ts';
import { readValues, splitList } from './read-environment.ts';
import type { Values } from './read-environment.ts';

const holdWords = { done: 'held', already: 'already-held', drifted: 'failed', failed: 'failed' };
const releaseWords = { done: 'released', already: 'already-released', drifted: 'drifted', failed: 'failed' };

/** Answers `hold-task` from the model; a task that is removed is one that does not run. */
export function holdTasks(tasks: HeldUnits, environment: Values): CommandResult {
  const { incident = '', tasks: names } = readValues(environment, holdTaskParameters);
  const items = splitList(names).map((name) => {
    const { end, ...item } = tasks.hold(incident, name);
    return { ...item, status: holdWords[end] };
  });
  return conclude({ document: 'hold-task', incident }, 'tasks', items);
}

/** Answers `release-task` from the model. */
export function releaseTasks(tasks: HeldUnits, environment: Values): CommandResult {
  const { incident = '', tasks: given } = readValues(environment, releaseTaskParameters);
  const head = { document: 'release-task', incident };
  const names = given === '' ? tasks.listHeld(incident) : splitList(given);
  if (names === null) {
    const error = 'Parameter tasks is empty, and no note on this host says what was held';
    return answer(3, { ok: false, ...head, tasks: [], error });
  }
  const items = names.map((name) => {
    const { end, ...item } = tasks.release(incident, name);
    return { ...item, status: releaseWords[end] };
  });
  return conclude(head, 'tasks', items);
}
