import * as z from 'zod/mini';
import { ServiceError } from './service-error.ts';

/** A list of the query protocol, `Name.member.1=…`; an empty list is sent as `Name=`. */
export function listOf<Schema extends z.ZodMiniType>(schema: Schema, element = 'member') {
  return z.pipe(
    z.union([z.literal(''), z.strictObject({ [element]: z.array(schema) })]),
    z.transform((list): z.output<Schema>[] => (list === '' ? [] : (Object.values(list)[0] as z.output<Schema>[]))),
  );
}

/** A whole number as forms carry it. */
export const wholeNumber = z.pipe(z.string().check(z.regex(/^-?\d{1,9}$/)), z.transform(Number));

/** True or false as forms carry it. */
export const flag = z.pipe(
  z.enum(['true', 'false']),
  z.transform((text) => text === 'true'),
);

/** How a service words its pages. */
export interface PageRules {
  readonly smallest: number;
  readonly largest: number;
  /** Size of a page nobody asked for a size of. */
  readonly usual: number;
  /** Error codes for a size out of bounds and for a token that is none. */
  readonly sizeCode: string;
  readonly tokenCode: string;
}

/** One page and the token of the next. */
export function cutTokenPage<Thing>(
  things: readonly Thing[],
  rules: PageRules,
  size: number | undefined,
  token: string | undefined,
): { readonly things: readonly Thing[]; readonly next: string | undefined } {
  const { smallest, largest, usual, sizeCode, tokenCode } = rules;
  if (size !== undefined && (size < smallest || size > largest)) {
    throw new ServiceError(sizeCode, `A page holds '${smallest}' to '${largest}' things, received '${size}'`);
  }
  const start = token === undefined ? 0 : readToken(token, tokenCode);
  const end = start + (size ?? usual);
  const next = end < things.length ? Buffer.from(`page:${end}`).toString('base64url') : undefined;
  return { things: things.slice(start, end), next };
}

function readToken(token: string, code: string): number {
  const start = /^page:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (start === undefined) throw new ServiceError(code, `The token '${token}' is not valid`);
  return Number(start);
}
