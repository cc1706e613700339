import validateAsl from 'asl-validator';

import { KNOWN_FUNCTIONS } from './functions.ts';
import { lintHandlers } from './lint-handlers.ts';
import { lintReferences } from './lint-references.ts';
import { lintTask } from './lint-task.ts';
import type { AllowedResources } from './lint-task.ts';
import { lintVariables } from './lint-variables.ts';
import { assignedIn, inspectDefinition } from './machine.ts';
import { innerWorkflows, listPlaces, listTransitions } from './places.ts';
import type { StatePlace } from './places.ts';
import type { Machine, Workflow } from './schema.ts';

/** One fault: the rule's name, the state or field, what is wrong. */
export interface Finding {
  readonly rule: string;
  readonly where: string;
  readonly message: string;
}

/** What a project may choose. */
export interface LintOptions {
  /** Resources the machine may call, each with the Arguments it must give; default: those the lab serves. */
  readonly resources?: AllowedResources;
}

// The 95th percentile of published machines is 17 states; beyond 20 a reader needs a second machine.
const MOST_STATES = 20;

/**
 * Lists every fault of a definition: what asl-validator finds, what the service or the interpreter would refuse, and the
 * house rules. An empty list means the machine may be deployed.
 */
export function lintMachine(definition: unknown, options: LintOptions = {}): Finding[] {
  return [...lintWithValidator(definition), ...lintHouseRules(definition, options)];
}

/** As `lintMachine`, without asl-validator, which compiles its schemas anew for every call and takes most of the time. */
export function lintHouseRules(definition: unknown, options: LintOptions = {}): Finding[] {
  const { machine, problems } = inspectDefinition(definition);
  const refused = problems.map((problem) => ({ rule: 'definition', ...problem }));
  // Without a known shape no other rule has anything to hold on to.
  if (machine === undefined) return refused;
  const places = listPlaces(machine);
  const workflows = [machine, ...places.flatMap(({ state }) => innerWorkflows(state))];
  return [
    ...refused,
    ...lintHead(machine, places),
    ...places.flatMap(lintState),
    ...places.flatMap(lintHandlers),
    ...workflows.flatMap(lintReachability),
    ...workflows.flatMap(lintHidingNames),
    ...places.flatMap((place) => lintTask(place, options.resources)),
    ...places.flatMap(lintReferences),
    ...lintVariables(machine),
  ];
}

function lintWithValidator(definition: unknown): Finding[] {
  if (typeof definition !== 'object' || definition === null) return [];
  const { errors } = validateAsl(definition);
  return errors.map(({ instancePath = '', message, Message }) => ({
    rule: 'validator',
    where: instancePath === '' ? 'machine' : instancePath,
    message: message ?? Message ?? 'is not valid',
  }));
}

function lintHead(machine: Machine, places: readonly StatePlace[]): Finding[] {
  const where = 'machine';
  const findings: Finding[] = [];
  // An empty Comment is none.
  if (!machine.Comment) findings.push({ rule: 'machine-comment', where, message: 'wants a Comment' });
  if (machine.TimeoutSeconds === undefined) {
    findings.push({ rule: 'machine-timeout', where, message: 'wants TimeoutSeconds' });
  }
  if (places.length > MOST_STATES) {
    const message = `has "${places.length}" states, wants at most ${MOST_STATES}: make a child machine per phase`;
    findings.push({ rule: 'state-count', where, message });
  }
  return findings;
}

function lintState({ name, state }: StatePlace): Finding[] {
  const findings: Finding[] = [];
  if (!state.Comment)
    findings.push({ rule: 'state-comment', where: name, message: 'wants a Comment that gives the reason' });
  if (state.Type === 'Choice' && state.Default === undefined) {
    findings.push({ rule: 'choice-default', where: name, message: 'wants a Default, and that the harmless side' });
  }
  return findings;
}

/** Whether `$sum` is then the variable or the function is not documented: nobody should have to know. */
function lintHidingNames(workflow: Workflow): Finding[] {
  return [...new Set(assignedIn(workflow))]
    .filter((name) => KNOWN_FUNCTIONS.has(name))
    .map((name) => ({
      rule: 'function-name',
      where: `Assign/${name}`,
      message: `gives a variable the name of the function $${name}`,
    }));
}

function lintReachability(workflow: Workflow): Finding[] {
  // From the start along every transition, catchers included; nested workflows are walked for themselves.
  const reached = new Set<string>();
  const ahead = [workflow.StartAt];
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    const state = workflow.States[name];
    if (state === undefined || reached.has(name)) continue;
    reached.add(name);
    ahead.push(...listTransitions(state).map(({ target }) => target));
  }
  return Object.keys(workflow.States)
    .filter((name) => !reached.has(name))
    .map((name) => ({ rule: 'unreachable-state', where: name, message: 'cannot be reached from the start' }));
}
