import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The parts of an ASL file that a picture shows. */
interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly End?: boolean;
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string }[];
  readonly Catch?: readonly { readonly Next: string }[];
  readonly ItemProcessor?: Machine;
  readonly Branches?: readonly Machine[];
}

interface Machine {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** Draws a state machine as a Mermaid flowchart: questions as rhombs, failure paths dotted, nested parts as boxes. */
export function drawMachine(machine: Machine): string {
  const ids = new Map<string, string>();
  const idOf = (name: string): string => {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const id = `s${ids.size + 1}`;
    ids.set(name, id);
    return id;
  };
  return ['flowchart TD', ...drawStates(machine, idOf, '  ')].join('\n');
}

function drawStates(machine: Machine, idOf: (name: string) => string, indent: string): string[] {
  return Object.entries(machine.States).flatMap(([name, state]) => [
    ...drawState(name, state, idOf, indent),
    ...drawArrows(name, state, idOf, indent),
  ]);
}

function drawState(name: string, state: State, idOf: (name: string) => string, indent: string): string[] {
  const inner = [...(state.ItemProcessor === undefined ? [] : [state.ItemProcessor]), ...(state.Branches ?? [])];
  if (inner.length === 0) return [`${indent}${idOf(name)}${boxOf(name, state.Type)}`];
  return [
    `${indent}subgraph ${idOf(name)}["${name}"]`,
    ...inner.flatMap((machine) => drawStates(machine, idOf, `${indent}  `)),
    `${indent}end`,
  ];
}

function boxOf(name: string, type: string): string {
  if (type === 'Choice') return `{"${name}"}`;
  if (type === 'Fail' || type === 'Succeed') return `(["${name}"])`;
  return `["${name}"]`;
}

function drawArrows(name: string, state: State, idOf: (name: string) => string, indent: string): string[] {
  const from = idOf(name);
  return [
    ...(state.Choices ?? []).map((rule) => `${indent}${from} -->|"${labelOf(rule.Condition)}"| ${idOf(rule.Next)}`),
    ...(state.Default === undefined ? [] : [`${indent}${from} -->|no| ${idOf(state.Default)}`]),
    ...(state.Next === undefined ? [] : [`${indent}${from} --> ${idOf(state.Next)}`]),
    ...(state.Catch ?? []).map((clause) => `${indent}${from} -.->|lost| ${idOf(clause.Next)}`),
  ];
}

/** A rule on the one answer that is asked for reads as `yes`; every other one names what it rests on. */
function labelOf(condition: string): string {
  const inner = condition.replace(/^\{%\s*|\s*%\}$/g, '');
  if (/^\$states\.input\.(\w+\.)*answers\.\w+$|^\$states\.input\.answers\.\w+$/.test(inner)) return 'yes';
  const words = inner
    .replaceAll(/\$states\.input\.(?:(?:cohort|decision|incident|signal|answers)\.)*/g, '')
    .replaceAll(/(\w+) != null/g, '$1 wanted')
    .replaceAll(/\$(\w+)/g, '$1');
  return words.includes('=') ? words.replaceAll("'", '') : `yes: ${words}`;
}

/** The README beside the machines: each file's own comment, its picture and its states with their reasons. */
export function drawReadme(machines: Readonly<Record<string, Machine>>): string {
  const sections = Object.entries(machines).map(
    ([file, machine]) => `## ${file}

${machine.Comment ?? ''}.

\`\`\`mermaid
${drawMachine(machine)}
\`\`\`

| state | type | why |
| --- | --- | --- |
${listStates(machine)
  .map(([name, state]) => `| ${name} | ${state.Type} | ${state.Comment ?? ''} |`)
  .join('\n')}
`,
  );
  return `# The state machines

Drawn from the files by \`npm run docs\`; a test fails when this page is not what the files say. Solid arrows are the way
through, dotted ones what happens when a state is lost after its retries.

${sections.join('\n')}`;
}

/** Every state of a machine with its name, nested ones after the state that holds them. */
export function listStates(machine: Machine): [string, State][] {
  return Object.entries(machine.States).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...[...(state.ItemProcessor === undefined ? [] : [state.ItemProcessor]), ...(state.Branches ?? [])].flatMap(
      listStates,
    ),
  ]);
}

/** The flowchart first, then its phases, then the way back. */
const machineFiles = [
  'respond.asl.json',
  'isolate.asl.json',
  'cut-by-profile.asl.json',
  'approve.asl.json',
  'restore.asl.json',
];

/** The machines of this folder by file name. */
export function readMachines(): Record<string, Machine> {
  return Object.fromEntries(
    machineFiles.map((file) => [file, JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as Machine]),
  );
}
