import { describe, expect, it } from 'vitest';
import { afterWarmUp, slopeOfProcesses, judgeSoak, slopeWithin } from './judge-soak.ts';
import type { ProcessSize, Sample } from './measure-processes.ts';
import { documentedRates, toMultiples } from './rates.ts';

const fates = { incidents: 40, servers: 36, changed: 30, takenUp: 2, lost: [], doubled: [], notRestored: [] };
const multiples = toMultiples([{ kind: 'alarm', events: 480, inStormMinute: 40 }], 60);
const eventsPerSample = 40;

function toSample(index: number, over: Partial<Sample> = {}, sizes: readonly Partial<ProcessSize>[] = []): Sample {
  const each = [
    { pid: 1, name: 'assess', rss: 90, handles: 22, ...sizes[0] },
    { pid: 2, name: 'restore', rss: 80, handles: 22, ...sizes[1] },
  ];
  const functions = { processes: 2, meanRss: 85, meanHandles: 22, each };
  return {
    labMinute: index,
    events: index * eventsPerSample,
    labHeap: 100,
    labRss: 200,
    labHandles: 30,
    functions,
    ...over,
  };
}

function listSamples(make: (index: number) => Sample): Sample[] {
  return Array.from({ length: 12 }, (_, index) => make(index));
}

const level = listSamples(toSample);

function listBroken(samples: readonly Sample[], over: Partial<typeof fates> = {}, rates = multiples): string[] {
  return judgeSoak(samples, { ...fates, ...over }, rates).flatMap(({ name, ok }) => (ok ? [] : [name]));
}

describe('judgeSoak', () => {
  it('is content with what stays level', () => {
    expect(listBroken(level)).toEqual([]);
  });

  it.each<[string, readonly Sample[], string]>([
    [
      'a heap of the lab that grows by 200 KB for each event',
      listSamples((index) => toSample(index, { labHeap: 100 + (index * eventsPerSample * 200) / 1024 })),
      'heap of the lab, growth for each event',
    ],
    [
      'a handle of the lab lost in every tenth event',
      listSamples((index) => toSample(index, { labHandles: 30 + index * 4 })),
      'handles of the lab, growth for each 1,000 events',
    ],
    [
      'one function beside another that leaks 100 KB with each event',
      listSamples((index) => toSample(index, {}, [{}, { rss: 80 + (index * eventsPerSample * 100) / 1024 }])),
      'memory of a process of a function, growth for each 1,000 events',
    ],
    [
      'one function that loses a handle in every fortieth event',
      listSamples((index) => toSample(index, {}, [{ handles: 22 + index }])),
      'handles of a process of a function, growth for each 1,000 events',
    ],
    [
      'a leak hidden by the start of other processes',
      listSamples((index) => toSample(index, {}, [{ pid: 10 + Math.floor(index / 4), rss: 70 + (index % 4) * 60 }])),
      'memory of a process of a function, growth for each 1,000 events',
    ],
    [
      'processes that nobody could measure',
      listSamples((index) => toSample(index, { functions: null })),
      'memory of a process of a function, growth for each 1,000 events',
    ],
  ])('notices %s', (_what, samples, name) => {
    expect(listBroken(samples)).toContain(name);
  });

  it('lets a process warm up in the first third only', () => {
    const warmsUp = listSamples((index) => toSample(index, {}, [{ rss: 60 + Math.min(index, 4) * 10 }]));

    expect(listBroken(warmsUp)).toEqual([]);
  });

  it('is not content where nothing was cut, for nothing could come back then', () => {
    expect(listBroken(level, { changed: 0 })).toEqual(['attacks that changed something']);
  });

  it.each(['lost', 'doubled', 'notRestored'] as const)('notices what is %s', (fate) => {
    expect(listBroken(level, { [fate]: ['inc-1'] })).toHaveLength(1);
  });

  it('notices a kind of events that comes no faster than one source sends it', () => {
    const slow = toMultiples([{ kind: 'alarm', events: 60, inStormMinute: 1 }], 60);

    expect(listBroken(level, {}, slow)).toEqual(['rate of events of kind alarm, of the documented one of a source']);
  });

  it('refuses to judge a handful of samples', () => {
    expect(() => judgeSoak(level.slice(0, 5), fates, multiples)).toThrow('"5"');
  });
});

describe('toMultiples', () => {
  it('keeps the storm minute out of the rate of the others', () => {
    const [finding] = toMultiples([{ kind: 'finding', events: 130, inStormMinute: 12 }], 60);

    expect(finding).toMatchObject({ perMinute: 2 });
    expect(finding?.times).toBeCloseTo(2 / documentedRates.finding.perMinute);
    expect(finding?.timesInStorm).toBeCloseTo(60);
  });
});

describe('slopeWithin and slopeOfProcesses', () => {
  it('compare every series with itself only', () => {
    const slope = slopeWithin([
      [
        [0, 1],
        [1, 3],
      ],
      [
        [5, 0],
        [6, 2],
      ],
    ]);

    expect(slope).toBeCloseTo(2);
    expect(slopeWithin([[[1, 1]]])).toBeNaN();
  });

  it('take all processes together', () => {
    const samples = listSamples((index) => toSample(index, {}, [{}, { rss: 80 + index * eventsPerSample }]));

    expect(slopeOfProcesses(afterWarmUp(samples), ({ rss }) => rss)).toBeCloseTo(0.5);
  });
});
