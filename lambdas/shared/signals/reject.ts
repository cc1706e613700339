import { parseWith, showValue } from '../contracts/parse.ts';
import { SignalRejectedError } from '../errors.ts';
import type * as z from 'zod/mini';

/** Refuses the event by path, rule and value: it ends in the failure path and is recorded, never skipped. */
export function rejectEvent(path: string, rule: string, value: unknown): never {
  throw new SignalRejectedError(`Event is not valid: ${path}: ${rule}, got ${showValue(value)}`);
}

/** Parses a part of an event; every fault is named with its path inside the whole event. */
export function parsePart<Schema extends z.ZodMiniType>(schema: Schema, value: unknown, subject: string) {
  return parseWith(schema, value, subject, (message) => new SignalRejectedError(message));
}
