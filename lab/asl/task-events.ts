import type { EventDetails } from './history.ts';
import { splitResource } from './resources.ts';
import type { Visit } from './run.ts';
import type { StateOf } from './schema.ts';

/** Records an event of a Task with the integration it calls. */
export function recordTask(visit: Visit<StateOf<'Task'>>, type: string, details: EventDetails = {}): void {
  const { run, cursor } = visit.strand;
  run.history.record(cursor, type, { ...splitResource(visit.state.Resource), ...details });
}
