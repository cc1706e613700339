import { isRecord } from '../../../lambdas/shared/record.ts';
import type { Clients } from '../clients.ts';

/** One of the sides that the same steps are sent to. */
export interface Side {
  readonly name: string;
  readonly clients: Clients;
}

/** Something that is asked of every side of a service. The answer holds what matters only, without ids and times. */
export interface Step<Seed> {
  readonly name: string;
  readonly run: (clients: Clients, seed: Seed) => Promise<unknown>;
}

/** What a side answered: a value, or the code of the error; `gap` where it does not have the operation at all. */
export type Answer = { readonly value: unknown } | { readonly error: string } | { readonly gap: string };

/** What the SDK reports where a side does not know an action: no answer of the service. */
const gaps: ReadonlySet<string> = new Set(['InvalidAction', 'UnknownOperationException', 'NotImplemented']);

/** Runs a step; an error counts by its code, since words differ and code acts on codes. */
export async function runStep<Seed>(step: Step<Seed>, side: Side, seed: Seed): Promise<Answer> {
  try {
    return { value: forgetIds(await step.run(side.clients, seed)) };
  } catch (error) {
    return toAnswer(error);
  }
}

/** The name of an error is its code; the lab's services carry it apart from the name of their class. */
export function toAnswer(error: unknown): Answer {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return gaps.has(code) || isPage(error) ? { gap: code } : { error: code };
}

/** The SDK hands an answer along that it could not read; a slip of our own has none. */
function isPage(error: Error): boolean {
  return error instanceof SyntaxError && '$response' in error;
}

/** Ids are numbered in the order in which they come, and names sorted, so that equal answers are equal texts. */
function forgetIds(value: unknown): unknown {
  const seen = new Map<string, string>();
  const text = JSON.stringify(value ?? null, sortNames);
  const anonymous = text.replaceAll(/\b(sgr|sg|eni|i|vpc|subnet)-[0-9a-f]{8,17}\b/g, (id: string) => {
    const known = seen.get(id) ?? `${id.split('-')[0] ?? ''}#${seen.size + 1}`;
    seen.set(id, known);
    return known;
  });
  return JSON.parse(anonymous) as unknown;
}

/** What the SDK adds about the call is no answer. */
function sortNames(name: string, value: unknown): unknown {
  if (name === '$metadata') return undefined;
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
