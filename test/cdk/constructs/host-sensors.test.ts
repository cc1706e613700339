import { describe, expect, it } from 'vitest';
import { installSensorParameters } from '../../../documents/install-sensor.ts';
import { parsePolicy } from '../../../lambdas/shared/policy/parse-policy.ts';
import { findWatchedMetric, isGroupedQuery, readMeaning } from '../../../lambdas/shared/signals/alarm-metric.ts';
import { resourcesOf, synthesise, type Json } from '../synthesise.ts';

const template = synthesise();
const alarmsOf = (made: Json) =>
  resourcesOf(made, 'AWS::CloudWatch::Alarm').filter(({ id }) => id.startsWith('FuseHostSensors'));

/** What the fuse reads out of such an alarm's event. */
function meaningOf({ Properties }: Json) {
  const metrics = Properties.Metrics.map(({ Expression, Period, ReturnData }: Json) => ({
    expression: Expression,
    period: Period,
    returnData: ReturnData,
  }));
  return { grouped: isGroupedQuery(metrics), kind: readMeaning(findWatchedMetric(metrics)).kind };
}

describe('HostSensors', () => {
  it('makes fleet alarms that the fuse understands, each with a contributor for every server', () => {
    const meanings = alarmsOf(template).map((alarm) => meaningOf(alarm));

    expect(meanings).toEqual(
      ['overload', 'clock-offset', 'zombie-connections', 'night-login'].map((kind) => ({ grouped: true, kind })),
    );
  });

  it('alarms on CPU above 90 % for five minutes, as one alarm over the fleet', () => {
    const cpu = alarmsOf(template).find(({ id }) => id.includes('CpuLoad'))?.Properties;

    expect(cpu).toMatchObject({
      Threshold: 90,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
    expect(cpu.Metrics[0]).toMatchObject({
      Period: 300,
      Expression:
        'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId) GROUP BY InstanceId ORDER BY AVG() DESC LIMIT 500',
    });
  });

  it('alarms on clocks east and west of where the policy wants them, and on none where it wants nothing', () => {
    const policy = parsePolicy({ version: 1, profiles: { logistics: { utcOffsetMinutes: 480 } } });

    const zones = alarmsOf(synthesise({ policy })).filter(({ id }) => id.includes('TimeZone'));

    expect(zones.map(({ Properties }) => [Properties.ComparisonOperator, Properties.Threshold])).toEqual([
      ['GreaterThanThreshold', 480],
      ['LessThanThreshold', 480],
    ]);
    expect(zones.map(meaningOf)).toEqual(
      Array.from({ length: 2 }, () => ({ grouped: true, kind: 'time-zone-conflict' })),
    );
    expect(alarmsOf(template).some(({ id }) => id.includes('TimeZone'))).toBe(false);
  });

  it('lets a server write the metrics of its sensor, and nothing else', () => {
    const [policy] = resourcesOf(template, 'AWS::IAM::ManagedPolicy');

    expect(policy?.Properties.PolicyDocument.Statement).toEqual([
      {
        Action: 'cloudwatch:PutMetricData',
        Effect: 'Allow',
        Resource: '*',
        Condition: { StringEquals: { 'cloudwatch:namespace': 'ConnectionFuse/Host' } },
      },
    ]);
  });

  it('installs the sensor on the servers that are tagged for it, with values that its document takes', () => {
    const [association] = resourcesOf(template, 'AWS::SSM::Association');
    const parameters = Object.entries(association?.Properties.Parameters as Record<string, string[]>);

    expect(association?.Properties.Targets).toEqual([{ Key: 'tag:connection-fuse:sensor', Values: ['on'] }]);
    for (const [name, [value = '']] of parameters) {
      const rule = installSensorParameters[name as keyof typeof installSensorParameters];
      expect(value).toMatch(new RegExp(rule.allowedPattern));
    }
    expect(parameters.length).toBeGreaterThan(3);
  });
});
