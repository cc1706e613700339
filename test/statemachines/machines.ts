import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../lab/asl/json.ts';

/** Reads a state machine as it lies on disk; the substitutions stay as they are. */
export function readMachine(name: 'respond' | 'restore'): JsonObject {
  const path = join(import.meta.dirname, '..', '..', 'statemachines', `${name}.asl.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
}

type Answer = 'lifeline' | 'spreads' | 'coreBusiness' | 'securityRisk' | 'overloaded';

/** What one pass of the flowchart gets: an incident and a cohort with these answers. */
export function buildPass(...yes: readonly Answer[]): { incident: Json; cohort: JsonObject } {
  const answers = { lifeline: false, spreads: false, coreBusiness: false, securityRisk: false, overloaded: false };
  const told = Object.fromEntries(Object.keys(answers).map((question) => [question, `why ${question}`]));
  return {
    incident: { id: 'inc-00000000000000000001' },
    cohort: {
      id: 'c1',
      servers: ['i-0a000000000000001'],
      answers: { ...answers, ...Object.fromEntries(yes.map((question) => [question, true])) },
      evidence: told,
    },
  };
}
