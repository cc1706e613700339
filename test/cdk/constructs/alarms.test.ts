import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alarmTexts } from '../../../cdk/constructs/alarms.ts';
import { resourcesOf, synthesise } from '../synthesise.ts';

const template = synthesise();
/** Those about the fuse itself; those about hosts are signals. */
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm')
  .filter(({ id }) => !id.includes('HostSensors'))
  .map(({ Properties }) => Properties);
const runbook = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'runbook.md'), 'utf8');

/** The runbook's headings with the headings below each. */
function readHeadings(): Record<string, string[]> {
  const [, ...chapters] = runbook.split(/^## /m);
  return Object.fromEntries(
    chapters.map((chapter) => [
      chapter.split('\n')[0],
      [...chapter.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading),
    ]),
  );
}

describe('Alarms', () => {
  it('have a chapter in the runbook each, with description, investigation and resolution', () => {
    const parts = ['Description', 'Investigation', 'Resolution'];

    expect(readHeadings()).toEqual(Object.fromEntries(Object.keys(alarmTexts).map((heading) => [heading, parts])));
  });

  it('link their chapter in their text', () => {
    const anchors = new Set(Object.keys(readHeadings()).map((heading) => heading.toLowerCase().replaceAll(' ', '-')));
    const linked = alarms.map(({ AlarmDescription }) => AlarmDescription.match(/docs\/runbook\.md#(\S+)$/)?.[1]);

    expect(new Set(linked)).toEqual(anchors);
  });

  it('watch executions, dead letters, the cut, and every function', () => {
    const metrics = alarms.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`);
    const count = (metric: string) => metrics.filter((each) => each === metric).length;

    expect(Object.fromEntries([...new Set(metrics)].map((metric) => [metric, count(metric)]))).toEqual({
      'AWS/States ExecutionsFailed': 8,
      'AWS/States ExecutionsTimedOut': 8,
      'AWS/States ExecutionsAborted': 8,
      'AWS/SQS ApproximateNumberOfMessagesVisible': 1,
      'ConnectionFuse VerifiedLatency': 1,
      'AWS/Lambda Errors': 15,
      'AWS/Lambda Throttles': 15,
    });
  });

  it('go off at the first trouble, at a cut slower than 3 seconds, and reach the topic', () => {
    for (const alarm of alarms) {
      const limit = alarm.MetricName === 'VerifiedLatency' ? 3_001 : 1;
      expect(alarm).toMatchObject({
        Threshold: limit,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        EvaluationPeriods: 1,
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: expect.stringMatching(/^FuseNotificationsTopic/) }],
      });
    }
  });
});
