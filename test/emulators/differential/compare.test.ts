import { describe, expect, it } from 'vitest';
import type { Asked } from './ask-sides.ts';
import { compareSides } from './compare.ts';
import type { Difference } from './compare.ts';

const asked = (moto: Asked['answers'][string]): Asked => ({
  service: 'ec2',
  step: 'ask',
  answers: { lab: { value: 1 }, moto },
});
const listed: Difference = {
  step: 'ec2: ask',
  answers: { lab: '{"value":1}', moto: '{"error":"Gone"}' },
  supports: 'lab',
  source: 'documentation',
};

describe('compareSides', () => {
  it.each([
    { what: 'the same answer', moto: { value: 1 }, list: [], ok: true, notJudged: null },
    { what: 'a difference that is not listed', moto: { error: 'Gone' }, list: [], ok: false, notJudged: null },
    { what: 'a listed difference', moto: { error: 'Gone' }, list: [listed], ok: true, notJudged: null },
    { what: 'another answer than listed', moto: { error: 'Away' }, list: [listed], ok: false, notJudged: null },
    { what: 'a missing operation', moto: { gap: 'no' }, list: [], ok: null, notJudged: expect.stringContaining('no') },
  ])('judges $what', ({ moto, list, ok, notJudged }) => {
    const [verdict] = compareSides([asked(moto)], list);

    expect(verdict).toMatchObject({ target: 'moto', check: 'ec2: ask', ok, notJudged });
  });

  it('fails an entry that is no difference any more', () => {
    const stale = compareSides([asked({ value: 1 })], [listed]).at(-1);

    expect(stale).toMatchObject({ ok: false, failures: [expect.stringContaining('no difference any more')] });
  });
});
