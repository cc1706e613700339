import { startServiceParameters } from '../../../documents/start-service.ts';
import { stopServiceParameters } from '../../../documents/stop-service.ts';
import type { CommandResult } from '../host-world.ts';
import { answer, conclude } from './document-answer.ts';
import type { HeldUnits } from './held-units.ts';
import { readValues, splitList } from './read-environment.ts';
import type { Values } from './read-environment.ts';

const stopWords = { done: 'stopped', already: 'already-stopped', drifted: 'failed', failed: 'failed' };
const startWords = { done: 'started', already: 'already-started', drifted: 'drifted', failed: 'failed' };

/** Answers `stop-service` from the model. */
export function stopServices(services: HeldUnits, environment: Values): CommandResult {
  const { incident = '', services: names } = readValues(environment, stopServiceParameters);
  const items = splitList(names).map((name) => {
    const { end, ...item } = services.hold(incident, name);
    return { ...item, status: stopWords[end] };
  });
  return conclude({ document: 'stop-service', incident }, 'services', items);
}

/** Answers `start-service` from the model. */
export function startServices(services: HeldUnits, environment: Values): CommandResult {
  const { incident = '', services: given } = readValues(environment, startServiceParameters);
  const head = { document: 'start-service', incident };
  const names = given === '' ? services.listHeld(incident) : splitList(given);
  if (names === null) {
    const error = 'Parameter services is empty, and no note on this host says what was active';
    return answer(3, { ok: false, ...head, services: [], error });
  }
  const items = names.map((name) => {
    const { end, ...item } = services.release(incident, name);
    return { ...item, status: startWords[end] };
  });
  return conclude(head, 'services', items);
}
