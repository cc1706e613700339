import type * as z from 'zod';

import { parseTimestamp } from './clock.ts';
import { listExpressions, listHalfExpressions, readReferences } from './expression.ts';
import { innerWorkflows, isResilient, listPlaces, listTemplates, listTransitions } from './places.ts';
import type { StatePlace, Template } from './places.ts';
import { MachineSchema } from './schema.ts';
import type { Machine } from './schema.ts';

/** Something the service would refuse when the machine is created, or that the interpreter does not honour. */
export interface Problem {
  readonly where: string;
  readonly message: string;
}

/** A definition that cannot be run. */
export class InvalidDefinitionError extends Error {
  override readonly name = 'InvalidDefinitionError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const list = problems.map(({ where, message }) => `${where}: ${message}`).join('; ');
    super(`Could not load the state machine: ${list}`);
    this.problems = problems;
  }
}

// Fields of the other query language; named so that the message can say so.
const JSONPATH_FIELDS = new Set(
  `InputPath OutputPath ResultPath ResultSelector Parameters Result ItemsPath SecondsPath TimestampPath TimeoutSecondsPath
  HeartbeatSecondsPath MaxConcurrencyPath ErrorPath CausePath Variable And Or Not Iterator`.split(/\s+/),
);

/** Parses a definition. Refuses, with every problem found, what the service or this interpreter would not run. */
export function loadMachine(definition: unknown): Machine {
  const { machine, problems } = inspectDefinition(definition);
  if (machine === undefined || problems.length > 0) throw new InvalidDefinitionError(problems);
  return machine;
}

// Both far beyond any machine: what is deeper, or has more faults than that, would exhaust the stack of the readers below.
const mostLevels = 200;
const mostValues = 10_000;

/** Says in which way a definition is too large to be looked at. Works without recursion. */
function findExcess(definition: unknown): string | undefined {
  let level: unknown[] = [definition];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    values += level.length;
    if (depth > mostLevels) return `is nested more than ${mostLevels} levels deep`;
    if (values > mostValues) return `must hold at most ${mostValues} values, got more`;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return undefined;
}

/** Parses a definition and lists its problems; `machine` is missing when its shape is already wrong. */
export function inspectDefinition(definition: unknown): {
  readonly machine?: Machine;
  readonly problems: readonly Problem[];
} {
  const excess = findExcess(definition);
  if (excess !== undefined) return { problems: [{ where: 'machine', message: excess }] };
  // Shape first: the checks below may then rely on it.
  const parsed = MachineSchema.safeParse(definition);
  if (!parsed.success) return { problems: parsed.error.issues.flatMap(describeIssue) };
  const places = listPlaces(parsed.data);
  // All of them at once, so that one run shows everything there is to mend.
  const problems = [
    ...checkTransitions(parsed.data, places),
    ...checkNames(places),
    ...places.flatMap(checkTemplates),
    ...places.flatMap(checkErrorHandling),
    ...places.flatMap(checkScopes),
    ...places.flatMap(checkTimes),
  ];
  return { machine: parsed.data, problems };
}

function describeIssue(issue: z.core.$ZodIssue): Problem[] {
  const where = issue.path.join('.') || 'machine';
  if (issue.code !== 'unrecognized_keys') return [{ where, message: innermostMessage(issue) }];
  return issue.keys.map((key) => ({
    where,
    message: JSONPATH_FIELDS.has(key)
      ? `has the JSONPath field "${key}": only JSONata is supported here`
      : `has the unknown field "${key}"`,
  }));
}

/** Unions and records wrap what was really wrong. */
function innermostMessage(issue: z.core.$ZodIssue): string {
  const inner = issue.code === 'invalid_union' ? issue.errors.flat() : issue.code === 'invalid_key' ? issue.issues : [];
  return inner.length === 0 ? issue.message : [...new Set(inner.map(innermostMessage))].join(' or ');
}

function checkTransitions(machine: Machine, places: readonly StatePlace[]): Problem[] {
  const starts = [machine, ...places.flatMap(({ state }) => innerWorkflows(state))]
    .filter(({ StartAt, States }) => !Object.hasOwn(States, StartAt))
    .map(({ StartAt }) => ({ where: 'StartAt', message: `names no state of its workflow: "${StartAt}"` }));
  return [...starts, ...places.flatMap(checkTargets), ...places.flatMap(checkExit)];
}

function checkTargets({ name, state, workflow }: StatePlace): Problem[] {
  return listTransitions(state)
    .filter(({ target }) => !Object.hasOwn(workflow.States, target))
    .map(({ location, target }) => ({
      where: `${name}/${location}`,
      message: `names no state of its workflow: "${target}"`,
    }));
}

function checkExit({ name, state }: StatePlace): Problem[] {
  // A Choice moves by its rules; Succeed and Fail are ends by nature.
  if (state.Type === 'Choice' || state.Type === 'Succeed' || state.Type === 'Fail') return [];
  const hasBothOrNone = (state.Next === undefined) === (state.End === undefined);
  return hasBothOrNone ? [{ where: name, message: 'wants exactly one of Next and End' }] : [];
}

function checkNames(places: readonly StatePlace[]): Problem[] {
  // The service wants this too: history, TestState and logs know a state by its name alone.
  const seen = new Set<string>();
  return places.flatMap(({ name }) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ where: name, message: 'is the name of two states: names are unique across the whole machine' }];
  });
}

function checkTemplates({ name, state }: StatePlace): Problem[] {
  return listTemplates(state).flatMap((template) => [
    ...listHalfExpressions(template.value, template.location).map((location) => ({
      where: `${name}/${location}`,
      message: 'opens or closes an expression without doing both: wants "{% ... %}" as the whole string',
    })),
    ...listExpressions(template.value, template.location).flatMap(({ source, location }) =>
      checkExpression(source, template).map((message) => ({ where: `${name}/${location}`, message })),
    ),
  ]);
}

function checkExpression(source: string, template: Template): string[] {
  try {
    const { functions, variables, statesPaths } = readReferences(source);
    // Called, handed to a function or chained: the name alone is enough.
    const usesEval = functions.has('eval') || variables.has('eval');
    const misplaced = statesPaths
      .map(([field]) => field)
      // The service checks these two when the machine is created; other misspelt fields fail only when they are read.
      .filter((field) => (field === 'result' || field === 'errorOutput') && field !== template.offers);
    return [
      ...(usesEval ? ['calls $eval, which Step Functions does not have: use $parse'] : []),
      ...misplaced.map((field) => `reads $states.${field}, which does not exist in this field`),
    ];
  } catch (error) {
    const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
    return [`is not a JSONata expression ("${source}"): ${message}`];
  }
}

function checkErrorHandling({ name, state }: StatePlace): Problem[] {
  if (!isResilient(state)) return [];
  const lists = Object.entries({ Retry: state.Retry ?? [], Catch: state.Catch ?? [] });
  return lists.flatMap(([field, entries]) =>
    entries.flatMap(({ ErrorEquals }, index) => {
      const where = `${name}/${field}[${index}]`;
      if (!ErrorEquals.includes('States.ALL')) return [];
      if (ErrorEquals.length > 1) return [{ where, message: 'names States.ALL beside other errors: it stands alone' }];
      return index < entries.length - 1 ? [{ where, message: 'names States.ALL before the end of the list' }] : [];
    }),
  );
}

/** Inner workflows may read outer variables and never assign them; `states` is nobody's to assign. */
function checkScopes({ name, state, enclosing }: StatePlace): Problem[] {
  // Any state of an outer workflow claims its variables for all of it, also one that runs later.
  const outer = new Set<string>();
  for (let place = enclosing; place !== undefined; place = place.enclosing) {
    for (const variable of assignedIn(place.workflow)) outer.add(variable);
  }
  return assignedBy(state).flatMap((variable) => {
    const where = `${name}/Assign`;
    if (variable === 'states') return [{ where, message: 'assigns the reserved variable "states"' }];
    if (!outer.has(variable)) return [];
    return [{ where, message: `assigns "${variable}", which belongs to the workflow around it` }];
  });
}

/** Names of the variables any state of this workflow assigns, nested workflows not included. */
export function assignedIn(workflow: StatePlace['workflow']): readonly string[] {
  return Object.values(workflow.States).flatMap(assignedBy);
}

function assignedBy(state: StatePlace['state']): string[] {
  const own = 'Assign' in state ? Object.keys(state.Assign ?? {}) : [];
  return [...new Set([...own, ...listTransitions(state).flatMap(({ assigns }) => assigns)])];
}

function checkTimes({ name, state }: StatePlace): Problem[] {
  if (state.Type === 'Wait') return checkTimestamp(name, state.Timestamp);
  if (state.Type !== 'Task') return [];
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  // Expressions are compared when they have values.
  const comparable = typeof timeout === 'number' && typeof heartbeat === 'number';
  return comparable && heartbeat >= timeout
    ? [{ where: `${name}/HeartbeatSeconds`, message: `is "${heartbeat}": wants less than TimeoutSeconds "${timeout}"` }]
    : [];
}

function checkTimestamp(name: string, timestamp: string | undefined): Problem[] {
  if (timestamp === undefined || timestamp.startsWith('{%') || parseTimestamp(timestamp) !== undefined) return [];
  return [
    { where: `${name}/Timestamp`, message: `is "${timestamp}": wants an RFC 3339 time such as 2026-11-22T03:00:00Z` },
  ];
}
