import { describe, expect, it } from 'vitest';
import type { Verdict } from './bench.ts';
import { isGreen, toJsonLine, toSummary } from './report.ts';

const verdict = (change: Partial<Verdict>): Verdict => ({
  target: 'lab',
  check: 'a check',
  ok: true,
  notJudged: null,
  failures: [],
  ...change,
});
const left = verdict({ ok: null, notJudged: 'nobody listens' });
const failed = verdict({ ok: false, failures: ['a is 1, 2 is wanted'] });

describe('the report', () => {
  it('is one JSON object a check', () => {
    expect(JSON.parse(toJsonLine(left))).toEqual({
      target: 'lab',
      check: 'a check',
      ok: null,
      notJudged: 'nobody listens',
    });
    expect(JSON.parse(toJsonLine(failed))).toMatchObject({ ok: false, failures: failed.failures });
  });

  it('counts what passed and names what was not judged', () => {
    expect(toSummary([verdict({}), failed, left])).toBe(
      'lab: 1 of 2 checks passed, 1 not judged:\n  because nobody listens:\n    a check',
    );
  });

  it.each([
    ['nothing', [], false],
    ['only what is not judged', [left], false],
    ['one that passed and one that is not judged', [verdict({}), left], true],
    ['one that failed', [verdict({}), failed], false],
  ])('is green or not with %s', (_what, verdicts, green) => {
    expect(isGreen(verdicts)).toBe(green);
  });
});
