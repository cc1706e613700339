import { describe, expect, it } from 'vitest';
import { CloudWatchService } from '../../../lab/services/cloudwatch-service.ts';

const Expression =
  'SELECT MAX(ClockOffset) FROM SCHEMA("N", InstanceId) GROUP BY InstanceId ORDER BY MAX() DESC LIMIT 5';
const fleet = { Id: 'worst', Expression, Period: 60, ReturnData: true };
const single = {
  Id: 'm',
  MetricStat: {
    Metric: { MetricName: 'Load', Namespace: 'N', Dimensions: [{ Name: 'InstanceId', Value: 'i-1' }] },
    Period: 60,
    Stat: 'Maximum',
  },
};

function withAlarm(Metrics: readonly unknown[]): CloudWatchService {
  const service = new CloudWatchService();
  service.addAlarm({ alarmName: 'a', alarmArn: 'arn:a', description: 'd', configuration: { Metrics } });
  return service;
}

describe('CloudWatch', () => {
  it('reports a contributor of a fleet by the labels of its query', () => {
    const { detail, ...event } = withAlarm([fleet]).setContributorState('a', { InstanceId: 'i-1' }, 'ALARM', 'far off');

    expect(event).toMatchObject({ 'detail-type': 'CloudWatch Alarm Contributor State Change', resources: ['arn:a'] });
    expect(detail).toMatchObject({
      alarmName: 'a',
      alarmContributor: { id: expect.stringMatching(/^[0-9a-f]{16}$/), attributes: { InstanceId: 'i-1' } },
      state: { value: 'ALARM', reason: 'far off', timestamp: expect.stringMatching(/\+0000$/) },
      configuration: {
        description: 'd',
        metrics: [{ id: 'worst', expression: Expression, period: 60, returnData: true }],
      },
    });
    expect(detail).not.toHaveProperty('previousState');
  });

  it.each([
    ['an alarm that groups by nothing', [single], { InstanceId: 'i-1' }],
    ['another label', [fleet], { AutoScalingGroupName: 'g' }],
    ['a label too much', [fleet], { InstanceId: 'i-1', Zone: 'a' }],
  ])('knows no contributor of %s', (_what, metrics, attributes) => {
    expect(() => withAlarm(metrics).setContributorState('a', attributes, 'ALARM', '')).toThrow('Could not set');
  });

  it('writes the metric of an alarm over several in the form of the event', () => {
    const { detail } = withAlarm([single]).setAlarmState('a', 'ALARM', 'high');

    expect(detail).toMatchObject({
      configuration: {
        metrics: [
          {
            id: 'm',
            metricStat: {
              metric: { name: 'Load', namespace: 'N', dimensions: { InstanceId: 'i-1' } },
              period: 60,
              stat: 'Maximum',
            },
            returnData: true,
          },
        ],
      },
    });
  });
});
