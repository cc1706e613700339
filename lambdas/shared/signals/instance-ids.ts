import { ServerIdSchema } from '../contracts/signal.ts';
import { rejectEvent } from './reject.ts';

/** The instance id at the end of an ARN, a uid or a bare id; undefined when there is none. */
export function instanceIdAtEnd(text: string): string | undefined {
  const token = text.split(/[/:]/).at(-1) ?? '';
  return isInstanceId(token) ? token : undefined;
}

/** The instance id that `text` is; refuses the event otherwise: what names a server decides what is cut. */
export function requireInstanceId(text: unknown, path: string): string {
  if (typeof text === 'string' && isInstanceId(text)) return text;
  return rejectEvent(path, 'must be an instance id "i-…"', text);
}

export function isInstanceId(text: string): boolean {
  return ServerIdSchema.safeParse(text).success;
}

/** Each value once, in the order of first appearance. */
export function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}
