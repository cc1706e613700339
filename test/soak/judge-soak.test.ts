import { describe, expect, it } from 'vitest';
import { growth, judgeSoak, slope } from './judge-soak.ts';
import type { Sample } from './measure-processes.ts';
import { judgeItems } from './play-hour.ts';

const fates = { events: 40, changed: 30, lost: [], doubled: [], notRestored: [] };

function sample(index: number, over: Partial<Sample> = {}): Sample {
  const functions = { processes: 15, meanRss: 90, meanHandles: 22 };
  return { labMinute: index, events: index * 4, labHeap: 100, labRss: 200, labHandles: 30, functions, ...over };
}

function broken(samples: readonly Sample[], over: Partial<typeof fates> = {}): string[] {
  return judgeSoak(samples, { ...fates, ...over }).flatMap(({ name, ok }) => (ok ? [] : [name]));
}

const flat = Array.from({ length: 9 }, (_, index) => sample(index));

describe('judgeSoak', () => {
  it('is content with what is flat', () => {
    expect(broken(flat)).toEqual([]);
  });

  it.each<[string, readonly Sample[], string]>([
    [
      'a heap',
      flat.map((one, index) => ({ ...one, labHeap: 100 + index * 5 })),
      'heap of the lab, growth for each event',
    ],
    [
      'handles',
      flat.map((one, index) => ({ ...one, labHandles: 30 + index * 8 })),
      'handles of the lab, growth over the hour',
    ],
    [
      'a function',
      flat.map((one, index) => ({ ...one, functions: { processes: 15, meanRss: 90 + index * 4, meanHandles: 22 } })),
      'memory of a function process, growth over the hour',
    ],
    [
      'what nobody could measure',
      flat.map((one) => ({ ...one, functions: null })),
      'memory of a function process, growth over the hour',
    ],
  ])('notices %s that grows', (_what, samples, name) => {
    expect(broken(samples)).toContain(name);
  });

  it('is not content where nothing was cut, for nothing could come back then', () => {
    expect(broken(flat, { changed: 0 })).toEqual(['events that changed something']);
  });

  it.each(['lost', 'doubled', 'notRestored'] as const)('notices what is %s', (fate) => {
    expect(broken(flat, { [fate]: ['inc-1'] })).toHaveLength(1);
  });
});

describe('judgeItems', () => {
  it.each<[string, readonly string[], boolean, boolean]>([
    ['one that is closed', ['closed#01', 'opened#01'], true, false],
    ['one that was never closed', ['opened#01'], false, false],
    ['one that is not there', [], false, false],
    ['a second attempt after a failure', ['failed#01', 'opened#01', 'opened#02', 'closed#02'], true, false],
    ['a second attempt after nothing', ['opened#01', 'opened#02', 'closed#02'], true, true],
  ])('judges %s', (_what, keys, isClosed, isDoubled) => {
    expect(
      judgeItems(
        'inc-1',
        keys.map((sk) => ({ sk })),
      ),
    ).toMatchObject({ isClosed, isDoubled });
  });
});

describe('judgeItems of an attempt that was closed', () => {
  it.each([
    ['partly-contained', false],
    ['failed', false],
    ['contained', true],
  ])('as %s and followed by another calls that doubled: %s', (outcome, isDoubled) => {
    const items = [{ sk: 'closed#01', outcome }, { sk: 'closed#02' }, { sk: 'opened#01' }, { sk: 'opened#02' }];

    expect(judgeItems('inc-1', items).isDoubled).toBe(isDoubled);
  });
});

describe('slope and growth', () => {
  it('measure how fast and how much', () => {
    expect(
      slope([
        [0, 1],
        [1, 3],
        [2, 5],
      ]),
    ).toBeCloseTo(2);
    expect(slope([[1, 1]])).toBe(0);
    expect(growth([1, 1, 5, 7, 7])).toBe(6);
  });
});
