import jsonata from 'jsonata';

import { toJson } from './json.ts';
import type { Json } from './json.ts';
import { listReferences } from './references.ts';
import type { References } from './references.ts';

/** Why an expression gave no usable value; the text continues "The JSONata expression '...' specified for the field '...'". */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /** The field, written as AWS does: `Output/result`, `Items`. */
  readonly location: string;

  constructor(source: string, location: string, complaint: string) {
    super(`The JSONata expression '${source}' specified for the field '${location}' ${complaint}`);
    this.location = location;
  }
}

// The same few expressions are evaluated for every server of a fleet; parsing them once is enough.
const compiled = new Map<string, jsonata.Expression>();

/** The JSONata inside `{% ... %}`, or undefined for a constant string. Only whole strings are expressions. */
export function expressionSource(text: string): string | undefined {
  return text.startsWith('{%') && text.endsWith('%}') ? text.slice(2, -2).trim() : undefined;
}

/** True for a string with one of the two brackets missing, which the service refuses. */
export function isHalfExpression(text: string): boolean {
  return text.startsWith('{%') !== text.endsWith('%}');
}

/** What an expression refers to. Throws on a syntax error. */
export function readReferences(source: string): References {
  return listReferences(compile(source).ast());
}

function compile(source: string): jsonata.Expression {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  // A syntax error throws here and is not kept.
  const expression = jsonata(source);
  compiled.set(source, expression);
  return expression;
}

/** Every expression in a template, with the field it stands in. */
export function listExpressions(template: Json, location: string): { source: string; location: string }[] {
  if (typeof template === 'string') {
    const source = expressionSource(template);
    return source === undefined ? [] : [{ source, location }];
  }
  return children(template, location).flatMap(([child, place]) => listExpressions(child, place));
}

/** Strings in a template that open or close an expression without doing both. */
export function listHalfExpressions(template: Json, location: string): string[] {
  if (typeof template === 'string') return isHalfExpression(template) ? [location] : [];
  return children(template, location).flatMap(([child, place]) => listHalfExpressions(child, place));
}

function children(template: Json, location: string): [Json, string][] {
  if (typeof template !== 'object' || template === null) return [];
  if (Array.isArray(template)) return template.map((child: Json, index) => [child, `${location}[${index}]`]);
  return Object.entries(template).map(([key, child]) => [child, `${location}/${key}`]);
}

/** Replaces every expression in a template by its value. Throws ExpressionError, also when a value is undefined. */
export async function evaluateTemplate(
  template: Json,
  location: string,
  bindings: Readonly<Record<string, unknown>>,
): Promise<Json> {
  if (typeof template === 'string') {
    const source = expressionSource(template);
    return source === undefined ? template : evaluateExpression(source, location, bindings);
  }
  if (typeof template !== 'object' || template === null) return template;
  // All fields are evaluated before any is used, so that the order of fields never matters.
  const values = await Promise.all(
    children(template, location).map(([child, place]) => evaluateTemplate(child, place, bindings)),
  );
  if (Array.isArray(template)) return values;
  return Object.fromEntries(Object.keys(template).map((key, index) => [key, values[index] ?? null]));
}

async function evaluateExpression(
  source: string,
  location: string,
  bindings: Readonly<Record<string, unknown>>,
): Promise<Json> {
  let value: unknown;
  try {
    // No input document: the service offers everything through variables, so `field` alone means nothing.
    value = await compile(source).evaluate(undefined, bindings);
  } catch (error) {
    throw new ExpressionError(source, location, `threw an error during evaluation. ${describeThrown(error)}`);
  }
  // The library answers a missing path with undefined and goes on; the service fails.
  if (value === undefined) throw new ExpressionError(source, location, 'returned nothing (undefined).');
  const json = toJson(value);
  if (json === undefined) throw new ExpressionError(source, location, 'returned an unsupported result type.');
  return json;
}

/** JSONata throws plain objects that carry a code beside the message. */
function describeThrown(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const message = 'message' in error ? String(error.message) : 'unknown error';
  return 'code' in error ? `${String(error.code)}: ${message}` : message;
}
