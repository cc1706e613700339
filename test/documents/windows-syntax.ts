import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { Language, Parser } from 'web-tree-sitter';
import type { Node, Tree } from 'web-tree-sitter';
import { readScript } from '../../documents/command-document.ts';

const root = join(import.meta.dirname, '../../documents/windows');

/** Source files of the Windows halves, by path below `documents/windows`. */
export const windowsSources: Readonly<Record<string, string>> = Object.fromEntries(
  globSync(['*.ps1', 'parts/*.ps1'], { cwd: root })
    .sort()
    .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
);

/** Scripts as the agent gets them, by stem; the sensor is no document, it is installed by one. */
export const windowsScripts: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(windowsSources)
    .filter((path) => !path.includes('/') && path !== 'sensor.ps1')
    .map((path) => [basename(path, '.ps1'), readScript(`windows/${path}`)]),
);

/** One call: of a cmdlet, of a function of ours, or of what a variable names. */
export interface PowerShellCall {
  readonly name: string;
  /** Where it stands. */
  readonly place: string;
  /** Names of parameters, without the dash. */
  readonly named: readonly string[];
  /** Values that stand by themselves; what follows a named parameter counts too, if it takes a value. */
  readonly values: readonly string[];
}

/** What a text says, as far as it can be told without running it. */
export interface PowerShellText {
  readonly calls: readonly PowerShellCall[];
  /** Functions with the number of their parameters. */
  readonly functions: ReadonlyMap<string, number>;
  /** Names of variables, in lower case and without a scope. */
  readonly read: ReadonlySet<string>;
  readonly assigned: ReadonlySet<string>;
  /** Members that are asked of what stands in plain brackets. */
  readonly bracketMembers: readonly string[];
  /** Everything but comments and space, in order. */
  readonly tokens: readonly string[];
}

/** Reads PowerShell. Finds missing braces and open strings; a misspelt keyword passes as a command. */
export class PowerShellReader {
  readonly #parser: Parser;
  readonly #known = new Map<string, PowerShellText>();

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  /** True for a text that is PowerShell from end to end. */
  isSound(text: string): boolean {
    return !this.#parse(text).rootNode.hasError;
  }

  /** What one file says; each is read once. */
  read(text: string): PowerShellText {
    const known = this.#known.get(text) ?? readNodes([...walk(this.#parse(text).rootNode)]);
    this.#known.set(text, known);
    return known;
  }

  /** What a script and its parts say together, by its path below `documents/windows`. */
  readWhole(path: string): PowerShellText {
    const text = windowsSources[path] ?? '';
    const parts = [...text.matchAll(/^\. "\$PSScriptRoot\/(parts\/\S+)"$/gm)].map(([, part = '']) => part);
    const all = [...parts, path].map((one) => ({
      path: one,
      ...this.read(withoutSourcing(windowsSources[one] ?? '')),
    }));
    return {
      calls: all.flatMap(({ path: at, calls }) => calls.map((call) => ({ ...call, place: `${at}:${call.place}` }))),
      functions: new Map(all.flatMap(({ functions }) => [...functions])),
      read: new Set(all.flatMap(({ read }) => [...read])),
      assigned: new Set(all.flatMap(({ assigned }) => [...assigned])),
      bracketMembers: all.flatMap(({ bracketMembers }) => bracketMembers),
      tokens: all.flatMap(({ tokens }) => tokens),
    };
  }

  #parse(text: string): Tree {
    const tree = this.#parser.parse(text);
    if (tree === null) throw new TypeError('The parser gave up');
    return tree;
  }
}

/** Loads the grammar; it comes as a file of the package, nothing is built or fetched. */
export async function createPowerShellReader(): Promise<PowerShellReader> {
  await Parser.init();
  const parser = new Parser();
  const grammar = createRequire(import.meta.url).resolve('tree-sitter-powershell/tree-sitter-powershell.wasm');
  parser.setLanguage(await Language.load(grammar));
  return new PowerShellReader(parser);
}

/** Leaves lines where they are: the builder puts the parts in their place. */
function withoutSourcing(text: string): string {
  return text.replace(/^\. "\$PSScriptRoot\/.*$/gm, '');
}

function readNodes(nodes: readonly Node[]): PowerShellText {
  const ofType = (type: string) => nodes.filter((node) => node.type === type);
  const variables = ofType('variable').map((node) => ({ name: toName(node.text), isTarget: isTarget(node) }));
  return {
    calls: ofType('command').map(readCall),
    functions: new Map(ofType('function_statement').map((node) => [nameOf(node), countParameters(node)])),
    read: new Set(variables.filter((one) => !one.isTarget).map(({ name }) => name)),
    assigned: new Set(variables.filter((one) => one.isTarget).map(({ name }) => name)),
    bracketMembers: ofType('member_access')
      .filter(({ firstChild }) => firstChild?.type === 'parenthesized_expression')
      .map(({ text }) => text),
    tokens: nodes.filter((node) => node.childCount === 0 && node.type !== 'comment').map(({ text }) => text.trim()),
  };
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) if (child !== null) yield* walk(child);
}

function readCall(node: Node): PowerShellCall {
  const parts = node.children.filter((child) => child !== null);
  const name = parts.find(({ type }) => type === 'command_name' || type === 'command_name_expr')?.text ?? '';
  const elements = parts.filter(({ type }) => type === 'command_elements').flatMap(({ children }) => children);
  const isValue = (type: string | undefined) => type !== 'command_argument_sep' && type !== 'command_parameter';
  return {
    name,
    place: String(node.startPosition.row + 1),
    named: elements.flatMap((part) => (part?.type === 'command_parameter' ? [part.text.replace(/^-|:$/g, '')] : [])),
    values: elements.flatMap((part) => (part !== null && isValue(part.type) ? [part.text] : [])),
  };
}

function nameOf(node: Node): string {
  return node.children.find((child) => child?.type === 'function_name')?.text ?? '';
}

function countParameters(node: Node): number {
  return [...walk(node)].filter(({ type }) => type === 'script_parameter').length;
}

/** True for what gets a value here: an assignment's left side, a parameter, the variable of a loop. */
function isTarget(node: Node): boolean {
  const { parent } = node;
  if (parent?.type === 'script_parameter' || parent?.type === 'foreach_statement') return true;
  for (let above = parent; above !== null; above = above.parent) {
    // Of `$a['b'] = 1` and `$a.b = 1` the variable itself is only read.
    if (above.type === 'element_access' || above.type === 'member_access') return false;
    if (above.type === 'left_assignment_expression') return true;
  }
  return false;
}

function toName(text: string): string {
  return text
    .replace(/^[$@]\{?|\}$/g, '')
    .replace(/^(script|global|local):/i, '')
    .toLowerCase();
}
