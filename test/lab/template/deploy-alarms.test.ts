import { describe, expect, it } from 'vitest';
import { toAlarmSeed } from '../../../lab/template/deploy-alarms.ts';

const single = {
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 90,
  EvaluationPeriods: 2,
  MetricName: 'CPUUtilization',
  Namespace: 'AWS/EC2',
  Period: 300,
  Statistic: 'Average',
};
const { MetricName: _, Namespace: __, Period: ___, Statistic: ____, ...rest } = single;
const query = {
  Id: 'worst',
  Expression:
    'SELECT MAX(ClockOffset) FROM SCHEMA("ConnectionFuse/Host", InstanceId) GROUP BY InstanceId ORDER BY MAX() DESC LIMIT 500',
  Period: 60,
  ReturnData: true,
};
const fleet = { ...rest, Metrics: [query] };

const deploy = (properties: Readonly<Record<string, unknown>>) =>
  toAlarmSeed({
    logicalId: 'Alarm',
    type: 'AWS::CloudWatch::Alarm',
    properties,
    identity: { ref: 'alarm', attributes: { Arn: 'arn:alarm' } },
  });

describe('toAlarmSeed', () => {
  it('reads an alarm on one metric, and one on a fleet', () => {
    expect(deploy({ ...single, AlarmDescription: 'hot' })).toEqual({
      alarmName: 'alarm',
      alarmArn: 'arn:alarm',
      description: 'hot',
      configuration: single,
    });
    expect(deploy(fleet).configuration).toMatchObject({ Metrics: [query] });
  });

  it.each([
    ['an unknown property', { ...single, EvaluateLowSampleCountPercentile: 'ignore' }, 'is not known to the lab'],
    ['no metric at all', rest, 'either Metrics, or MetricName'],
    ['a metric without a statistic', { ...single, Statistic: undefined }, 'either Metrics, or MetricName'],
    ['both forms', { ...single, Metrics: [query] }, 'Metrics stand alone'],
    ['another operator', { ...single, ComparisonOperator: 'GreaterThanUpperThreshold' }, 'ComparisonOperator'],
    ['more datapoints than periods', { ...single, DatapointsToAlarm: 3 }, 'over EvaluationPeriods'],
    ['a look at more than a day', { ...single, Period: 3600, EvaluationPeriods: 25 }, 'one day is the most'],
    ['high resolution', { ...single, Period: 10 }, 'Period'],
    ['two answers', { ...fleet, Metrics: [query, { ...query, Id: 'other' }] }, 'only one of the Metrics'],
    ['a query without a period', { ...fleet, Metrics: [{ ...query, Period: undefined }] }, 'needs a Period'],
    ['neither expression nor metric', { ...fleet, Metrics: [{ Id: 'worst' }] }, 'either an Expression or a MetricStat'],
    [
      'a query of another kind',
      { ...fleet, Metrics: [{ ...query, Expression: 'SELECT MEDIAN(Load) FROM "AWS/EC2"' }] },
      'no Metrics Insights query',
    ],
    [
      'more contributors than the service takes',
      { ...fleet, Metrics: [{ ...query, Expression: query.Expression.replace('500', '501') }] },
      'no Metrics Insights query',
    ],
  ])('refuses %s', (_what, properties, message) => {
    expect(() => deploy(properties)).toThrow(message);
  });
});
