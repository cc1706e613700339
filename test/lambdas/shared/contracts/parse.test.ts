import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { parseWith } from '../../../../lambdas/shared/contracts/parse.ts';
import { MessageInvalidError } from '../../../../lambdas/shared/errors.ts';

const text = z.string();
const Schema = z.object({ names: z.array(text), links: z.array(z.object({ a: text, b: text, c: text, d: text })) });

function refusalOf(value: unknown): string {
  try {
    parseWith(Schema, value, 'Message', (message) => new MessageInvalidError(message));
  } catch (error) {
    if (error instanceof MessageInvalidError) return error.message;
    throw error;
  }
  return 'taken';
}

describe('parseWith', () => {
  it('takes a message of as many values as a megabyte of real ones holds', () => {
    const value = { names: Array.from({ length: 40_000 }, () => 'a name of some length'), links: [] };

    expect(refusalOf(value)).toBe('taken');
  });

  it('names the first twenty faults of a thousand, and how many more there are', () => {
    const words = refusalOf({ names: Array.from({ length: 1_000 }, () => 0), links: [] });

    expect(words.match(/must be string/g)).toHaveLength(20);
    expect(words).toMatch(/^Message is not valid: names\.0: must be string, got 0; .* and 980 more$/);
  });

  // The list of the faults takes hundreds of times the memory of what is faulty.
  it('refuses more values than any message has before it looks at them', () => {
    const names = Array.from({ length: 500_000 }, () => 0);

    expect(refusalOf({ names, links: [] })).toBe(
      'Message is not valid: names: must leave the whole at no more than 50000 values, got 500000 entries',
    );
  });

  it('refuses a value that holds itself', () => {
    const links: unknown[] = [];
    links.push(links, links);

    expect(refusalOf({ names: [], links })).toMatch(
      /^Message is not valid: links\..*: must leave the whole at no more/,
    );
  });

  it('refuses by name what has more faults than the stack holds', () => {
    const links = Array.from({ length: 45_000 }, () => ({}));

    expect(refusalOf({ names: [], links })).toMatch(
      /^Message is not valid: \(root\): must have fewer faults than can be listed, got \{"names":\[\],"links":\[\{\},/,
    );
  });
});
