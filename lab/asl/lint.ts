import validateAsl from 'asl-validator';

import { lintReferences } from './lint-references.ts';
import { lintTask } from './lint-task.ts';
import type { AllowedResources } from './lint-task.ts';
import { lintVariables } from './lint-variables.ts';
import { inspectDefinition } from './machine.ts';
import { innerWorkflows, isResilient, listPlaces, listTransitions } from './places.ts';
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
  const { machine, problems } = inspectDefinition(definition);
  const refused = problems.map((problem) => ({ rule: 'definition', ...problem }));
  if (machine === undefined) return [...lintWithValidator(definition), ...refused];
  const places = listPlaces(machine);
  return [
    ...lintWithValidator(definition),
    ...refused,
    ...lintHead(machine, places),
    ...places.flatMap(lintState),
    ...[machine, ...places.flatMap(({ state }) => innerWorkflows(state))].flatMap(lintReachability),
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
  if (isResilient(state)) findings.push(...lintDeadHandlers(name, state));
  return findings;
}

/** An error name an earlier entry of the same list already takes can never be reached. */
function lintDeadHandlers(
  name: string,
  state: Extract<StatePlace['state'], { Type: 'Task' | 'Parallel' | 'Map' }>,
): Finding[] {
  const lists = Object.entries({ Retry: state.Retry ?? [], Catch: state.Catch ?? [] });
  return lists.flatMap(([field, entries]) => {
    const taken = new Set<string>();
    return entries.flatMap(({ ErrorEquals }, index) =>
      ErrorEquals.flatMap((error) => {
        const isDead = taken.has(error);
        taken.add(error);
        const message = `names "${error}", which an earlier entry already takes`;
        return isDead ? [{ rule: 'dead-handler', where: `${name}/${field}[${index}]`, message }] : [];
      }),
    );
  });
}

function lintReachability(workflow: Workflow): Finding[] {
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
