import { describe, expect, it } from 'vitest';
import { judgeIncident } from './judge-incident.ts';

function judge(keys: readonly string[]): ReturnType<typeof judgeIncident> {
  return judgeIncident(
    'inc-1',
    keys.map((sk) => ({ sk })),
  );
}

describe('judgeIncident', () => {
  it.each<[string, readonly string[], boolean, boolean]>([
    ['one that is closed', ['closed#01', 'opened#01'], true, false],
    ['one that was never closed', ['opened#01'], false, false],
    ['one that is not there', [], false, false],
    ['a second attempt after a failure', ['failed#01', 'opened#01', 'opened#02', 'closed#02'], true, false],
    ['a second attempt after an attempt without an end', ['opened#01', 'opened#02', 'closed#02'], false, true],
    ['an attempt that is never closed after one that is', ['closed#01', 'opened#01', 'opened#02'], false, true],
    ['one that failed for good', ['failed#01', 'opened#01'], false, false],
    ['one that failed again', ['failed#01', 'failed#02', 'opened#01', 'opened#02'], false, false],
    ['one that failed after it was closed', ['closed#01', 'failed#02', 'opened#01', 'opened#02'], false, true],
    ['one of which a cohort alone is closed', ['closed#c1', 'opened#01'], false, false],
    ['one that only a repeat closed', ['closed#0123456789abcdef', 'opened#01'], false, false],
    ['an end without an opening', ['closed#01', 'closed#02', 'opened#01'], false, false],
    ['an attempt that was opened twice', ['closed#01', 'opened#01', 'opened#01'], true, true],
  ])('judges %s', (_what, keys, isClosed, isDoubled) => {
    const end = judge(keys);

    expect(end).toMatchObject({ isClosed, isDoubled });
  });

  it.each<[readonly string[], number]>([
    [['closed#01', 'opened#01'], 0],
    [['failed#01', 'opened#01'], 0],
    [['closed#02', 'failed#01', 'opened#01', 'opened#02'], 1],
    [['closed#03', 'failed#01', 'failed#02', 'opened#01', 'opened#02', 'opened#03'], 2],
  ])('counts what failed and was taken up again in %j', (keys, takenUp) => {
    expect(judge(keys).takenUp).toBe(takenUp);
  });

  it.each([
    ['partly-contained', false],
    ['failed', false],
    ['declined', false],
    ['contained', true],
    ['awaiting-approval', true],
    ['an outcome nobody knows', true],
  ])('calls an attempt after one that was closed as %s doubled: %s', (outcome, isDoubled) => {
    const items = [{ sk: 'closed#01', outcome }, { sk: 'closed#02' }, { sk: 'opened#01' }, { sk: 'opened#02' }];

    expect(judgeIncident('inc-1', items).isDoubled).toBe(isDoubled);
  });

  it('lets an attempt follow one whose question a person did not approve', () => {
    const items = [
      { sk: 'closed#01', outcome: 'awaiting-approval' },
      { sk: 'closed#02', outcome: 'awaiting-approval' },
      { sk: 'closed#c1', outcome: 'declined' },
      { sk: 'opened#01' },
      { sk: 'opened#02' },
    ];

    expect(judgeIncident('inc-1', items)).toMatchObject({ isClosed: true, isDoubled: false, outcome: 'declined' });
  });
});
