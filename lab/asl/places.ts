import type { Json } from './json.ts';
import { waitsForToken } from './resources.ts';
import type { Catcher, Machine, ResilientState, State, Workflow } from './schema.ts';

/** A state and where it stands. */
export interface StatePlace {
  readonly name: string;
  readonly state: State;
  readonly workflow: Workflow;
  /** The Parallel or Map around the workflow; undefined at the top. */
  readonly enclosing: StatePlace | undefined;
}

/** A field that may hold expressions, written as AWS names locations, and what `$states` offers there. */
export interface Template {
  readonly location: string;
  readonly value: Json;
  readonly offers: 'nothing' | 'result' | 'errorOutput' | 'Task.Token' | 'Map.Item';
}

/** One way out of a state, with the variables it assigns on the way. */
export interface Transition {
  readonly location: string;
  readonly target: string;
  readonly assigns: readonly string[];
}

/** True for the states that can fail for reasons of their own and so may retry and catch. */
export function isResilient(state: State): state is ResilientState {
  return state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map';
}

/** Every state of a machine, nested ones after the state that holds them. */
export function listPlaces(workflow: Machine | Workflow, enclosing?: StatePlace): StatePlace[] {
  return Object.entries(workflow.States).flatMap(([name, state]) => {
    const place = { name, state, workflow, enclosing };
    return [place, ...innerWorkflows(state).flatMap((inner) => listPlaces(inner, place))];
  });
}

/** The workflows a Parallel or Map holds. */
export function innerWorkflows(state: State): readonly Workflow[] {
  if (state.Type === 'Parallel') return state.Branches;
  return state.Type === 'Map' ? [state.ItemProcessor] : [];
}

/** Every field of a state that the service evaluates. */
export function listTemplates(state: State): Template[] {
  // `$states.result` exists after work was done: in Output and Assign of Task, Parallel and Map.
  const result = isResilient(state) ? 'result' : 'nothing';
  return [
    ...fields(state, { Output: result, Assign: result }),
    // A task that waits for no token has none.
    ...fields(state, { Arguments: state.Type === 'Task' && waitsForToken(state.Resource) ? 'Task.Token' : 'nothing' }),
    ...fields(state, { Items: 'nothing', ItemSelector: 'Map.Item', MaxConcurrency: 'nothing' }),
    ...fields(state, { TimeoutSeconds: 'nothing', HeartbeatSeconds: 'nothing', Seconds: 'nothing' }),
    ...fields(state, { Timestamp: 'nothing', Error: 'nothing', Cause: 'nothing' }),
    ...listParts(state).flatMap(({ location, part }) =>
      fields(part, partOffers(location)).map((field) => ({ ...field, location: `${location}/${field.location}` })),
    ),
  ];
}

function partOffers(location: string): Record<string, Template['offers']> {
  if (location.startsWith('Catch')) return { Output: 'errorOutput', Assign: 'errorOutput' };
  return { Condition: 'nothing', Output: 'nothing', Assign: 'nothing' };
}

function fields(holder: object, offers: Record<string, Template['offers']>): Template[] {
  return Object.entries(offers).flatMap(([location, offer]) => {
    // Read by name, because each type of state has only some of these fields.
    const value: unknown = Reflect.get(holder, location);
    return value === undefined ? [] : [{ location, value: value as Json, offers: offer }];
  });
}

type Part = Catcher | Extract<State, { Type: 'Choice' }>['Choices'][number];

function listParts(state: State): { location: string; part: Part }[] {
  if (state.Type === 'Choice') return state.Choices.map((part, index) => ({ location: `Choices[${index}]`, part }));
  const catchers = isResilient(state) ? (state.Catch ?? []) : [];
  return catchers.map((part, index) => ({ location: `Catch[${index}]`, part }));
}

/** Every way out of a state to another one. */
export function listTransitions(state: State): Transition[] {
  // In a Choice the state's own Assign belongs to Default; each rule has its own.
  const assigns = 'Assign' in state ? Object.keys(state.Assign ?? {}) : [];
  const next = 'Next' in state ? state.Next : undefined;
  const fallback = state.Type === 'Choice' ? state.Default : undefined;
  return [
    ...(next === undefined ? [] : [{ location: 'Next', target: next, assigns }]),
    ...listParts(state).map(({ location, part }) => ({
      location: `${location}/Next`,
      target: part.Next,
      assigns: Object.keys(part.Assign ?? {}),
    })),
    ...(fallback === undefined ? [] : [{ location: 'Default', target: fallback, assigns }]),
  ];
}
