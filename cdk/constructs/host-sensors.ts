import { Stack, Validations } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnAssociation } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { hostNamespace } from '../../lambdas/shared/signals/alarm-metric.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import type { HostDocument } from './host-documents.ts';

export interface HostSensorsProps {
  readonly policy: Policy;
  /** Installs the sensor on a host. */
  readonly document: HostDocument;
}

/** One alarm over a whole fleet: each server that crosses the limit reports as a contributor of its own. */
interface FleetAlarm {
  readonly id: string;
  readonly what: string;
  readonly namespace: string;
  readonly metric: string;
  /** `MIN` alarms below the limit, the others above it. */
  readonly statistic: 'AVG' | 'MAX' | 'MIN';
  readonly limit: number;
  readonly periodSeconds: number;
  readonly periods: number;
}

/** Contributors in all, as CloudWatch takes them: the worst first. */
const mostContributors = 500;

/**
 * What emits the signals that AWS does not: a small agent on every server that is tagged for it, and the alarms over
 * what it measures. The alarms reach the fuse as every other alarm does.
 */
export class HostSensors extends Construct {
  /** Lets a server write the metrics of its sensor and nothing else: attach it to the servers' own role. */
  readonly serverPolicy: ManagedPolicy;

  constructor(scope: Construct, id: string, { policy, document }: HostSensorsProps) {
    super(scope, id);
    this.serverPolicy = new ManagedPolicy(this, 'ServerPolicy', {
      description: 'connection-fuse: lets a host sensor publish its own metrics',
      statements: [
        new PolicyStatement({
          actions: ['cloudwatch:PutMetricData'],
          resources: ['*'],
          conditions: { StringEquals: { 'cloudwatch:namespace': hostNamespace } },
        }),
      ],
    });
    Validations.of(this.serverPolicy).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'PutMetricData knows no resource in IAM; the condition holds it to one namespace',
    });
    new CfnAssociation(this, 'Install', {
      name: document.name,
      associationName: `${Stack.of(this).stackName}-sensor`,
      targets: [{ key: `tag:${tagKeys.sensor}`, values: ['on'] }],
      // Once a day again: a sensor that somebody removed comes back, one that runs is left as it is.
      scheduleExpression: 'rate(1 day)',
      parameters: sensorParameters(policy),
    });
    for (const alarm of fleetAlarms(policy)) this.add(alarm);
  }

  private add({ id, what, namespace, metric, statistic, limit, periodSeconds, periods }: FleetAlarm): void {
    const query = `SELECT ${statistic}(${metric}) FROM SCHEMA("${namespace}", InstanceId) GROUP BY InstanceId`;
    new CfnAlarm(this, id, {
      alarmDescription: `${what}. Each server that crosses the limit starts the fuse by itself: docs/policy.md#sensors`,
      metrics: [
        {
          id: 'worst',
          expression: `${query} ORDER BY ${statistic}() ${statistic === 'MIN' ? 'ASC' : 'DESC'} LIMIT ${mostContributors}`,
          period: periodSeconds,
          returnData: true,
        },
      ],
      comparisonOperator: statistic === 'MIN' ? 'LessThanThreshold' : 'GreaterThanThreshold',
      threshold: limit,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      treatMissingData: 'notBreaching',
    });
  }
}

/** R2 and the red lines that a host can see. */
function fleetAlarms({ thresholds, profiles }: Policy): FleetAlarm[] {
  const onHost = { namespace: hostNamespace, statistic: 'MAX', periodSeconds: 60 } as const;
  return [
    {
      id: 'CpuLoad',
      what: `CPU above ${thresholds.cpuPercent} % for ${thresholds.cpuSeconds} s (R2)`,
      namespace: 'AWS/EC2',
      metric: 'CPUUtilization',
      statistic: 'AVG',
      limit: thresholds.cpuPercent,
      // EC2 reports every five minutes unless detailed monitoring is on; an average over them holds for all of them.
      periodSeconds: 300,
      periods: Math.max(1, Math.ceil(thresholds.cpuSeconds / 300)),
    },
    {
      ...onHost,
      id: 'ClockOffset',
      what: 'A clock is further off than the policy allows',
      metric: 'ClockOffset',
      limit: thresholds.clockOffsetMs,
      periods: 1,
    },
    ...timeZoneAlarms(profiles.logistics.utcOffsetMinutes),
    {
      ...onHost,
      id: 'ZombieConnections',
      what: 'Dead cameras hold connections',
      metric: 'ZombieConnections',
      limit: 0,
      periods: 3,
    },
    { ...onHost, id: 'NightLogins', what: 'A login from abroad at night', metric: 'NightLogins', limit: 0, periods: 1 },
  ];
}

/** East or west of where the policy wants every clock to point; none where it wants nothing. */
function timeZoneAlarms(wantedMinutes: number | undefined): FleetAlarm[] {
  if (wantedMinutes === undefined) return [];
  const common = {
    what: `A server is set to another time zone than ${wantedMinutes} minutes east of UTC`,
    namespace: hostNamespace,
    metric: 'TimeZoneOffset',
    limit: wantedMinutes,
    periodSeconds: 60,
    periods: 3,
  } as const;
  return [
    { ...common, id: 'TimeZoneEast', statistic: 'MAX' },
    { ...common, id: 'TimeZoneWest', statistic: 'MIN' },
  ];
}

/** Lists of one text each, as the association takes them. Empty ones are left to the document's defaults. */
function sensorParameters({ profiles: { trading, surveillance } }: Policy): Record<string, string[]> {
  const given = {
    incident: 'host-sensor',
    source: trading.timeSource,
    homeCidrs: surveillance.homeCidrs.join(' '),
    nightHours: surveillance.nightHours,
    ports: surveillance.ports.join(' '),
  };
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, [value]]),
  );
}
