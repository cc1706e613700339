import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';

/** Members of every paginated EC2 Describe call. */
export const pageMembers = {
  MaxResults: z.optional(z.string()),
  NextToken: z.optional(z.string()),
};

/** One page of an answer and the token of the next. */
export interface Page<Thing> {
  readonly things: readonly Thing[];
  readonly nextToken: string | undefined;
}

const smallestPage = 5;
const largestPage = 1000;

/**
 * Cuts a list into pages as EC2 does: `MaxResults` from 5 to 1000, and at most `pageLimit` without it, so that a
 * caller that forgets to follow `NextToken` is seen to lose things.
 */
export function cutPage<Thing>(
  things: readonly Thing[],
  input: { readonly MaxResults?: string | undefined; readonly NextToken?: string | undefined },
  pageLimit: number,
): Page<Thing> {
  const size = Math.min(input.MaxResults === undefined ? pageLimit : parseSize(input.MaxResults), pageLimit);
  const start = input.NextToken === undefined ? 0 : parseToken(input.NextToken);
  const end = start + size;
  return {
    things: things.slice(start, end),
    nextToken: end < things.length ? Buffer.from(`page:${end}`).toString('base64url') : undefined,
  };
}

/** EC2 refuses `MaxResults` beside a list of ids. */
export function refuseSizeWithIds(input: { readonly MaxResults?: string | undefined }, ids: unknown): void {
  if (input.MaxResults === undefined || ids === undefined) return;
  throw new ServiceError('InvalidParameterCombination', 'A list of ids cannot be used with the parameter maxResults');
}

function parseSize(text: string): number {
  const size = Number(text);
  if (Number.isInteger(size) && size >= smallestPage && size <= largestPage) return size;
  throw new ServiceError(
    'InvalidParameterValue',
    `Value ( ${text} ) for parameter maxResults is invalid. Expecting 5 to 1000`,
  );
}

function parseToken(token: string): number {
  const start = /^page:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (start === undefined) throw new ServiceError('InvalidNextToken', `The token '${token}' is invalid`);
  return Number(start);
}
