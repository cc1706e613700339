import { describe, expect, it } from 'vitest';
import { readMeasure } from '../../../../lambdas/shared/signals/alarm-measure.ts';

const watched = { namespace: 'AWS/EC2', name: 'CPUUtilization', statistic: 'Average', periodSeconds: 60 };

function measureOf(reasonData: object | undefined, reason = '') {
  const text = reasonData === undefined ? undefined : JSON.stringify(reasonData);
  const state = { value: 'ALARM' as const, timestamp: '', reason, reasonData: text, actionsSuppressedBy: undefined };
  return readMeasure(state, watched, '%');
}

const at = (minute: number) => `2026-05-06T07:0${minute}:00.000+0000`;

describe('readMeasure', () => {
  it.each([
    ['all datapoints above', [91, 95, 92], { value: 91, seconds: 180 }],
    ['a datapoint below in between', [95, 80, 92, 96], { value: 92, seconds: 120 }],
    ['the newest below', [95, 96, 60], { value: 60, seconds: 0 }],
    ['one at the threshold', [90, 91], { value: 91, seconds: 60 }],
  ])('claims the newest run without a gap: %s', (_title, recentDatapoints, expected) => {
    expect(measureOf({ threshold: 90, period: 60, recentDatapoints })).toEqual({ limit: 90, unit: '%', ...expected });
  });

  it('ends the run where an evaluated datapoint is missing', () => {
    const evaluatedDatapoints = [
      { timestamp: at(4), value: 97 },
      { timestamp: at(3), value: 95 },
      { timestamp: at(2) },
      { timestamp: at(1), value: 96 },
    ];
    const data = { threshold: 90, period: 60, recentDatapoints: [96, 95, 97], evaluatedDatapoints };

    expect(measureOf(data)).toMatchObject({ value: 95, seconds: 120 });
  });

  it('ends the run where the times leave a period out', () => {
    const evaluatedDatapoints = [
      { timestamp: at(5), value: 97 },
      { timestamp: at(3), value: 95 },
    ];

    expect(measureOf({ threshold: 90, period: 60, evaluatedDatapoints })).toMatchObject({ value: 97, seconds: 60 });
  });

  it.each(['Maximum', 'SampleCount', 'p99'])('proves no duration by the statistic %s', (statistic) => {
    expect(measureOf({ threshold: 90, period: 300, statistic, recentDatapoints: [99] })).toMatchObject({ seconds: 0 });
  });

  it.each([
    [
      '5 out of the last 5 datapoints were greater than the threshold (90.0). The most recent datapoint which crossed the threshold: [97.3 (x)].',
      90,
      300,
    ],
    [
      '1 datapoint was greater than the threshold (90.0). The most recent datapoint which crossed the threshold: [97.3 (x)].',
      97.3,
      60,
    ],
    ['2 out of the last 2 datapoints [97.3 (x), 95.1 (y)] were greater than the threshold (90.0)', 95.1, 120],
    ['4 out of the last 5 datapoints were greater than the threshold (90.0). The most recent: [97.3 (x)].', 97.3, 60],
    [
      '5 out of the last 5 datapoints were greater than or equal to the threshold (90.0). The most recent: [97.3 (x)].',
      97.3,
      60,
    ],
  ])('claims no more than the sentence says: %s', (sentence, value, seconds) => {
    expect(measureOf(undefined, `Threshold Crossed: ${sentence}`)).toEqual({ value, limit: 90, unit: '%', seconds });
  });

  it.each([
    ['nothing', undefined, ''],
    ['a low alarm', undefined, 'Threshold Crossed: 1 datapoint [2.0 (x)] was less than the threshold (10.0)'],
    ['an empty list', { threshold: 90, period: 60, recentDatapoints: [] }, ''],
    ['no datapoint shown', undefined, 'Threshold Crossed: 1 datapoint was greater than the threshold (90.0).'],
  ])('measures nothing from %s', (_title, data, reason) => {
    expect(measureOf(data, reason)).toBeNull();
  });
});
