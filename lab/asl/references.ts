/** What one JSONata expression refers to. Names are written without their `$`. */
export interface References {
  readonly variables: ReadonlySet<string>;
  /** Variables the expression itself asks `$exists` about. */
  readonly guarded: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
  /** Fields read below `$states`: `['input', 'server']`; empty when `$states` is used whole. */
  readonly statesPaths: readonly (readonly string[])[];
  /** Fields read from the root, where Step Functions has no document: `server`, `$`, `$$`. */
  readonly rootReads: readonly string[];
}

interface SyntaxNode {
  readonly type: string;
  readonly value?: unknown;
  readonly [part: string]: unknown;
}

/** Where a node stands: names bound around it, and whether a context item exists that `field` or `$` could mean. */
interface Position {
  readonly locals: Set<string>;
  readonly hasContext: boolean;
}

type Visit = (node: SyntaxNode, at: Position) => void;

/** Lists the references in a syntax tree, as `jsonata(...).ast()` returns it. */
export function listReferences(tree: unknown): References {
  const collector = new ReferenceCollector();
  if (isNode(tree)) collector.visit(tree, { locals: new Set(), hasContext: false });
  return collector;
}

class ReferenceCollector implements References {
  readonly variables = new Set<string>();
  readonly guarded = new Set<string>();
  readonly functions = new Set<string>();
  readonly statesPaths: string[][] = [];
  readonly rootReads: string[] = [];

  // Node types that bind names, move the context or carry a reference; all others are only looked through.
  readonly #visitors: Readonly<Record<string, Visit>> = {
    path: (node, at) => this.#visitPath(node, at),
    variable: (node, at) => this.#visitVariable(node, at),
    name: (node, at) => this.#visitField(node, at),
    wildcard: (node, at) => this.#visitField(node, at),
    descendant: (node, at) => this.#visitField(node, at),
    bind: (node, at) => this.#visitBind(node, at),
    block: (node, at) => this.#visitParts(node, { ...at, locals: new Set(at.locals) }),
    lambda: (node, at) => this.#visitLambda(node, at),
    function: (node, at) => this.#visitCall(node, at),
    partial: (node, at) => this.#visitCall(node, at),
    apply: (node, at) => this.#visitApply(node, at),
    transform: (node, at) => this.#visitParts(node, { ...at, hasContext: true }),
  };

  visit(node: SyntaxNode, at: Position): void {
    const visitor = this.#visitors[node.type];
    if (visitor === undefined) this.#visitParts(node, at);
    else visitor(node, at);
  }

  #visitParts(node: SyntaxNode, at: Position): void {
    for (const [part, value] of Object.entries(node)) {
      // Predicates, stages and groupings run once per item of what stands before them.
      const perItem = part === 'predicate' || part === 'stages' || part === 'group';
      this.#visitValue(value, perItem ? { ...at, hasContext: true } : at);
    }
  }

  #visitValue(value: unknown, at: Position): void {
    if (Array.isArray(value)) for (const element of value) this.#visitValue(element, at);
    else if (isNode(value)) this.visit(value, at);
    else if (isRecord(value)) for (const part of Object.values(value)) this.#visitValue(part, at);
  }

  #visitPath(node: SyntaxNode, at: Position): void {
    const steps = Array.isArray(node['steps']) ? node['steps'].filter(isNode) : [];
    // `@$name` and `#$name` bind for the steps after them, not for those before.
    const locals = new Set(at.locals);
    if (isStates(steps[0], at)) this.statesPaths.push(namesAfter(steps));
    steps.forEach((step, index) => {
      // Counted above with the names that follow it; its predicates still have to be read.
      if (index === 0 && isStates(step, at)) this.#visitParts({ ...step, type: 'states' }, at);
      else this.visit(step, { locals, hasContext: at.hasContext || index > 0 });
      for (const name of [step['focus'], step['index']]) if (typeof name === 'string') locals.add(name);
    });
    this.#visitValue(node['group'], { locals, hasContext: true });
  }

  #visitVariable(node: SyntaxNode, at: Position): void {
    const name = String(node.value);
    if (isStates(node, at)) this.statesPaths.push([]);
    // The parser writes `$` as the empty name and `$$` as `$`.
    else if (name === '$' || (name === '' && !at.hasContext)) this.rootReads.push(`$${name}`);
    else if (name !== '' && !at.locals.has(name)) this.variables.add(name);
    this.#visitParts(node, at);
  }

  #visitField(node: SyntaxNode, at: Position): void {
    if (!at.hasContext) this.rootReads.push(String(node.value));
    this.#visitParts(node, at);
  }

  #visitBind(node: SyntaxNode, at: Position): void {
    const target = node['lhs'];
    // Bound before the right side is read: a function may call itself.
    if (isNode(target)) at.locals.add(String(target.value));
    this.#visitValue(node['rhs'], at);
  }

  #visitLambda(node: SyntaxNode, at: Position): void {
    const parameters = Array.isArray(node['arguments']) ? node['arguments'].filter(isNode) : [];
    // `$` inside a function body is the context where the function was written, hence `at`.
    const locals = new Set([...at.locals, ...parameters.map((parameter) => String(parameter.value))]);
    this.#visitValue(node['body'], { ...at, locals });
  }

  #visitCall(node: SyntaxNode, at: Position): void {
    const { procedure, arguments: given, ...rest } = node;
    // A name that is called is a function, whoever defined it; a name that is passed may be one.
    this.#visitCallee(procedure, at);
    if (isNode(procedure) && procedure.value === 'exists') this.#guard(given);
    this.#visitValue(given, at);
    this.#visitParts({ ...rest, type: 'call' }, at);
  }

  #visitApply(node: SyntaxNode, at: Position): void {
    this.#visitValue(node['lhs'], at);
    this.#visitCallee(node['rhs'], at);
  }

  #visitCallee(callee: unknown, at: Position): void {
    if (isNode(callee) && callee.type === 'variable') {
      if (!at.locals.has(String(callee.value))) this.functions.add(String(callee.value));
    } else this.#visitValue(callee, at);
  }

  #guard(given: unknown): void {
    // Read apart from the rest, so that only what stands inside the question counts as asked about.
    for (const { variables } of Array.isArray(given) ? given.map(listReferences) : []) {
      for (const name of variables) this.guarded.add(name);
    }
  }
}

function isStates(node: SyntaxNode | undefined, at: Position): boolean {
  return node?.type === 'variable' && node.value === 'states' && !at.locals.has('states');
}

function namesAfter(steps: readonly SyntaxNode[]): string[] {
  // Stops at the first step that is not a plain name: beyond it the field is data.
  const names: string[] = [];
  for (const step of steps.slice(1)) {
    if (step.type !== 'name') break;
    names.push(String(step.value));
  }
  return names;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof RegExp);
}

function isNode(value: unknown): value is SyntaxNode {
  return isRecord(value) && typeof value['type'] === 'string';
}
