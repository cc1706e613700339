import { listExpressions, readReferences } from './expression.ts';
import { KNOWN_FUNCTIONS } from './functions.ts';
import type { Finding } from './lint.ts';
import { isResilient, listTemplates } from './places.ts';
import type { StatePlace, Template } from './places.ts';
import type { References } from './references.ts';

// Fields of the context object. Task and Map exist only where their template offers them.
const CONTEXT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Execution: ['Id', 'Input', 'Name', 'RoleArn', 'StartTime', 'RedriveCount'],
  StateMachine: ['Id', 'Name'],
  State: ['Name', 'EnteredTime', 'RetryCount'],
  Task: ['Token'],
  Map: ['Item'],
};

/** Rules for what expressions refer to: functions that exist, fields of `$states` that exist here, no root document. */
export function lintReferences({ name, state }: StatePlace): Finding[] {
  return listTemplates(state).flatMap((template) =>
    listExpressions(template.value, template.location).flatMap(({ source, location }) => {
      // A local name hides everything of the same name, which the reader of references has already settled.
      const references = tryReading(source);
      if (references === undefined) return [];
      const faults = [
        ...findUnknownFunctions(references),
        ...findRootReads(references),
        ...references.statesPaths.flatMap((path) => findUnknownField(path, template, isResilient(state))),
      ];
      return faults.map((fault) => ({ ...fault, where: `${name}/${location}` }));
    }),
  );
}

/** Undefined for a syntax error, which the loader reports. */
export function tryReading(source: string): References | undefined {
  try {
    return readReferences(source);
  } catch {
    return undefined;
  }
}

type Fault = Omit<Finding, 'where'>;

function findUnknownFunctions({ functions }: References): Fault[] {
  return [...functions]
    .filter((name) => !KNOWN_FUNCTIONS.has(name))
    .map((name) => ({ rule: 'unknown-function', message: `calls $${name}, which does not exist` }));
}

function findRootReads({ rootReads }: References): Fault[] {
  return rootReads.map((name) => ({
    rule: 'root-reference',
    message: `reads "${name}" from the root, where there is nothing: start from $states or a variable`,
  }));
}

function findUnknownField(path: readonly string[], template: Template, isCounted: boolean): Fault[] {
  const [field, group, leaf] = path;
  const rule = 'unknown-states-field';
  if (field === undefined) return [{ rule, message: 'uses $states whole: read one of its fields by name' }];
  if (!['input', 'result', 'errorOutput', 'context'].includes(field)) {
    return [{ rule, message: `reads $states.${field}, which does not exist` }];
  }
  if (field !== 'context' || group === undefined) return [];
  const known = CONTEXT_FIELDS[group];
  // Token and item exist in one field each: Arguments of a task that waits, ItemSelector of a Map.
  const isOffered = !['Task', 'Map'].includes(group) || template.offers.startsWith(`${group}.`);
  // What lies below Input, Value and the like is data and cannot be known here.
  const isMissing =
    known === undefined || (leaf !== undefined && !known.includes(leaf)) || (leaf === 'RetryCount' && !isCounted);
  if (!isMissing && isOffered) return [];
  return [{ rule, message: `reads $states.${path.join('.')}, which does not exist in this field` }];
}
