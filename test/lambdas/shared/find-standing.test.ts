import { describe, expect, it } from 'vitest';
import type { Change, Observation } from '../../../lambdas/shared/actions/action.ts';
import { findStanding } from '../../../lambdas/shared/find-standing.ts';

const change: Change = { target: 'eni-1', server: 'i-1', before: {}, intended: {} };
const other: Change = { target: 'eni-2', server: 'i-2', before: {}, intended: {} };
const saw = (over: Partial<Observation> = {}): Observation => ({
  target: 'eni-1',
  held: true,
  seen: 'cut',
  reason: '',
  connectionsCut: 0,
  ...over,
});
const gone = [{ target: 'i-1', reason: 'Server is terminated' }];

function find(observations: readonly Observation[], over: { leftAlone?: typeof gone; undone?: string[] } = {}) {
  const { leftAlone = [], undone = [] } = over;
  return findStanding([change], observations, { leftAlone }, { undone: new Set(undone) });
}

describe('findStanding', () => {
  it.each([
    ['is seen to hold', [saw()], {}, true],
    ['is seen not to hold', [saw({ held: false, seen: 'open' })], {}, false],
    ['is seen to hold, though restore once read it back', [saw()], { undone: ['eni-1'] }, true],
    ['is seen to hold, though its server is gone', [saw()], { leftAlone: gone }, true],
    ['was not seen', [saw({ held: false, seen: null })], {}, true],
    ['was not even looked at', [], {}, true],
    ['was not seen, and its server is gone', [], { leftAlone: gone }, false],
    ['was not seen, and restore read it back', [], { undone: ['eni-1'] }, false],
    ['was not seen, its server is gone and restore read it back', [], { leftAlone: gone, undone: ['eni-1'] }, false],
    ['is gone, of which there is nothing to see, and so holds', [saw({ seen: null })], {}, false],
  ])('counts what %s: %s', (_, observations, over, isStanding) => {
    expect(find(observations, over).changes).toEqual(isStanding ? [change] : []);
  });

  it('shows of the observations those of what stands', () => {
    const open = saw({ target: 'eni-2', held: false, seen: 'open' });

    const standing = findStanding([change, other], [saw(), open], { leftAlone: [] }, { undone: new Set() });

    expect(standing).toEqual({ changes: [change], observations: [saw()] });
  });
});
