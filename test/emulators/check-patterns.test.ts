import { describe, expect, it } from 'vitest';
import { findingOf, readFixture, withPascalDetail } from '../builders/events.ts';
import { recordedFolder, readEvents } from '../events/read-events.ts';
import { sortEvents } from './check-patterns.ts';
import { readLimits } from './not-judged.ts';

const event = readFixture('guardduty-brute-force');
const finding = findingOf(event);
const list = [{ check: 'patterns: record.json', reason: 'no event' }];

describe('sortEvents', () => {
  it('gives a bare finding the envelope that EventBridge puts around it', () => {
    const { carried, left, failures } = sortEvents([{ name: 'bare.json', event: finding }], [], true);

    expect(carried.map(({ event: wrapped }) => wrapped)).toEqual([
      expect.objectContaining({
        source: 'aws.guardduty',
        'detail-type': 'GuardDuty Finding',
        account: finding['accountId'],
        region: finding['region'],
        resources: [],
        detail: finding,
      }),
    ]);
    expect([...left, ...failures]).toEqual([]);
  });

  it('fills the envelope of a sample that leaves some of it out', () => {
    const { carried } = sortEvents([{ name: 'short.json', event: { source: 'a', 'detail-type': 'b' } }], [], true);

    expect(Object.keys(carried[0]?.event ?? {}).sort()).toEqual(
      ['account', 'detail-type', 'id', 'region', 'resources', 'source', 'time', 'version'].sort(),
    );
  });

  it('leaves out what the list names, with its reason', () => {
    const sorted = sortEvents([{ name: 'record.json', event: { eventName: 'ConsoleLogin' } }], list, true);

    expect(sorted).toEqual({ carried: [], left: list, failures: [] });
  });

  it.each([
    ['a finding in PascalCase', findingOf(withPascalDetail(event))],
    ['a record', { eventName: 'ConsoleLogin' }],
    ['no object', null],
  ])('fails for %s that no list names', (_words, unknown) => {
    const { carried, failures } = sortEvents([{ name: 'new.json', event: unknown }], [], true);

    expect(carried).toEqual([]);
    expect(failures).toEqual([
      '"new.json" is no event that EventBridge carries: name it in not-judged.yaml as "patterns: new.json", with why',
    ]);
  });

  it('fails for an event that the list names, and asks about it', () => {
    const { carried, failures } = sortEvents([{ name: 'record.json', event }], list, true);

    expect(carried).toHaveLength(1);
    expect(failures).toEqual(['"patterns: record.json" is listed as not judged, and is an event']);
  });

  it('fails for an entry without a file, unless the samples are not there', () => {
    expect(sortEvents([], list, true).failures).toEqual(['"patterns: record.json" is the name of no event']);
    expect(sortEvents([], list, false).failures).toEqual([]);
  });
});

const recorded = readEvents(recordedFolder);

describe.skipIf(recorded.length === 0)('The recorded samples', () => {
  it('are events in a whole envelope, or are named as none', () => {
    const limits = readLimits('ministack').checks;

    const { carried, left, failures } = sortEvents(recorded, limits, false);

    expect(failures).toEqual([]);
    expect(carried.length + left.length).toBe(recorded.length);
    // TestEventPattern refuses an event without one of them.
    for (const { event: whole } of carried) {
      for (const key of ['id', 'account', 'time', 'region', 'resources']) expect(whole[key]).toBeDefined();
    }
  });
});
