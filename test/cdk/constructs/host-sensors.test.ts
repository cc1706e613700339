import { describe, expect, it } from 'vitest';
import { installSensorParameters } from '../../../documents/install-sensor.ts';
import { parsePolicy } from '../../../lambdas/shared/policy/parse-policy.ts';
import { resourcesOf, synthesise, type Json } from '../synthesise.ts';

const template = synthesise();

/** The alarms of the sensors by the end of their construct id, in a template under this policy. */
function fleetAlarms(over: object = {}): Record<string, Json> {
  const stack =
    Object.keys(over).length === 0 ? template : synthesise({ policy: parsePolicy({ version: 1, ...over }) });
  const alarms = resourcesOf(stack, 'AWS::CloudWatch::Alarm').filter(({ id }) => id.includes('HostSensors'));
  return Object.fromEntries(
    alarms.map(({ id, Properties }) => [/HostSensors(\w+)[0-9A-F]{8}$/.exec(id)?.[1] ?? id, Properties]),
  );
}

describe('HostSensors', () => {
  it('installs the sensor on every server that is tagged for it, once a day again', () => {
    const [association, ...others] = resourcesOf(template, 'AWS::SSM::Association');

    expect(others).toEqual([]);
    expect(association?.Properties).toMatchObject({
      Name: { Ref: expect.stringContaining('HostDocumentsInstallSensor') },
      Targets: [{ Key: 'tag:connection-fuse:sensor', Values: ['on'] }],
      ScheduleExpression: 'rate(1 day)',
    });
  });

  it('hands over parameters that the document takes, each as a list of one text', () => {
    const [association] = resourcesOf(template, 'AWS::SSM::Association');
    const given = Object.entries<string[]>(association?.Properties.Parameters);
    const known: Record<string, { readonly allowedPattern: string; readonly default?: string }> =
      installSensorParameters;

    for (const [name, [value = '', ...more]] of given) {
      expect(more).toEqual([]);
      expect(value).toMatch(new RegExp(known[name]?.allowedPattern ?? '^(?!)'));
    }
    const wanted = Object.entries(known).filter(([, parameter]) => parameter.default === undefined);
    expect(given.map(([name]) => name)).toEqual(expect.arrayContaining(wanted.map(([name]) => name)));
  });

  it('lets a server write the metrics of its sensor and nothing else', () => {
    const [policy, ...others] = resourcesOf(template, 'AWS::IAM::ManagedPolicy');

    expect(others).toEqual([]);
    expect(policy?.Properties.PolicyDocument.Statement).toEqual([
      {
        Action: 'cloudwatch:PutMetricData',
        Condition: { StringEquals: { 'cloudwatch:namespace': 'ConnectionFuse/Host' } },
        Effect: 'Allow',
        Resource: '*',
      },
    ]);
  });

  it('watches whole fleets: each server that crosses a limit of the policy reports by itself', () => {
    const alarms = fleetAlarms({ thresholds: { cpuPercent: 80, cpuSeconds: 600, clockOffsetMs: 2.5 } });

    for (const { Metrics, AlarmActions } of Object.values(alarms)) {
      expect(Metrics).toHaveLength(1);
      expect(Metrics[0].Expression).toMatch(
        / FROM SCHEMA\("[^"]+", InstanceId\) GROUP BY InstanceId ORDER BY .* LIMIT 500$/,
      );
      // The bus hears of it anyway.
      expect(AlarmActions).toBeUndefined();
    }
    expect(alarms['CpuLoad']).toMatchObject({ Threshold: 80, EvaluationPeriods: 2, DatapointsToAlarm: 2 });
    expect(alarms['ClockOffset']).toMatchObject({ Threshold: 2.5, ComparisonOperator: 'GreaterThanThreshold' });
  });
});
