import { listExpressions } from './expression.ts';
import { KNOWN_FUNCTIONS } from './functions.ts';
import { tryReading } from './lint-references.ts';
import type { Finding } from './lint.ts';
import { innerWorkflows, listTemplates, listTransitions } from './places.ts';
import type { Machine, State, Workflow } from './schema.ts';

type Names = ReadonlySet<string>;

/**
 * Rules for workflow variables. `undefined-variable`: no state that runs before can set it. `unassigned-variable`: some way
 * to the state leaves it unset (an expression that asks `$exists` about it is taken at its word).
 */
export function lintVariables(machine: Machine): Finding[] {
  return lintWorkflow(machine, new Set(), new Set());
}

/** `certain` and `possible`: variables that are, or may be, set when the workflow starts. */
function lintWorkflow(workflow: Workflow, certain: Names, possible: Names): Finding[] {
  // Two passes with the same walk: what every way here has set, and what any way here may have set.
  const always = flow(workflow, certain, intersect);
  const ever = flow(workflow, possible, unite);
  return Object.entries(workflow.States).flatMap(([name, state]) => {
    // A state nothing leads to is reported as such; its variables say nothing.
    const set = always.get(name);
    const maybe = ever.get(name) ?? new Set<string>();
    if (set === undefined) return [];
    // Inner workflows start with what is set around them and give nothing back.
    const inner = innerWorkflows(state).flatMap((nested) => lintWorkflow(nested, set, maybe));
    return [...lintReads(name, state, set, maybe), ...inner];
  });
}

function lintReads(name: string, state: State, certain: Names, possible: Names): Finding[] {
  return listTemplates(state).flatMap(({ value, location: field }) =>
    listExpressions(value, field).flatMap(({ source, location }) => {
      const { variables = new Set<string>(), guarded = new Set<string>() } = tryReading(source) ?? {};
      const where = `${name}/${location}`;
      return [...variables].flatMap((variable) => {
        if (certain.has(variable) || KNOWN_FUNCTIONS.has(variable)) return [];
        if (!possible.has(variable)) {
          return [{ rule: 'undefined-variable', where, message: `reads $${variable}, which no earlier state assigns` }];
        }
        if (guarded.has(variable)) return [];
        return [
          { rule: 'unassigned-variable', where, message: `reads $${variable}, which one way here leaves unassigned` },
        ];
      });
    }),
  );
}

/** Spreads variable sets along the transitions until nothing changes; ways that meet are joined by `join`. */
function flow(
  workflow: Workflow,
  atStart: Names,
  join: (one: Names, other: Names) => Names,
): ReadonlyMap<string, Names> {
  const onEntry = new Map<string, Names>([[workflow.StartAt, atStart]]);
  const changed = [workflow.StartAt];
  for (let name = changed.pop(); name !== undefined; name = changed.pop()) {
    const state = workflow.States[name];
    // A state's own Assign is on its transitions: it holds from the next state on, and per rule or catcher.
    const before = onEntry.get(name) ?? new Set<string>();
    for (const { target, assigns } of state === undefined ? [] : listTransitions(state)) {
      const arriving = new Set([...before, ...assigns]);
      const known = onEntry.get(target);
      const joined = known === undefined ? arriving : join(known, arriving);
      // Sets only ever shrink (or only ever grow), so that equal size means no change and the walk ends.
      if (known !== undefined && joined.size === known.size) continue;
      onEntry.set(target, joined);
      changed.push(target);
    }
  }
  return onEntry;
}

function intersect(one: Names, other: Names): Names {
  return new Set([...one].filter((name) => other.has(name)));
}

function unite(one: Names, other: Names): Names {
  return new Set([...one, ...other]);
}
