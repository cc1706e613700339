import * as z from 'zod/mini';
import { LabSetupError } from '../services/setup-error.ts';
import type { AlarmSeed } from '../services/cloudwatch-service.ts';
import { inert, looseBoolean, looseNumber, readProperties } from './resource.ts';
import type { ResolvedResource } from './resource.ts';

const dimensionsSchema = z.optional(z.array(z.strictObject({ Name: z.string(), Value: z.string() })));
/** Whole minutes: what is measured more often needs high resolution, which the lab does not know. */
const period = z.pipe(looseNumber, z.int().check(z.multipleOf(60), z.minimum(60), z.maximum(86_400)));

/** One metric or one expression of an alarm over several. */
const querySchema = z.strictObject({
  Id: z.string().check(z.regex(/^[a-z][a-zA-Z0-9_]{0,254}$/)),
  Expression: z.optional(z.string().check(z.maxLength(2048))),
  MetricStat: z.optional(
    z.strictObject({
      Metric: z.strictObject({ MetricName: z.string(), Namespace: z.string(), Dimensions: dimensionsSchema }),
      Period: period,
      Stat: z.string(),
      Unit: z.optional(z.string()),
    }),
  ),
  Period: z.optional(period),
  ReturnData: z._default(looseBoolean, true),
  Label: inert,
});
type Query = z.output<typeof querySchema>;

const alarmSchema = z.strictObject({
  AlarmName: z.optional(z.string()),
  AlarmDescription: z.optional(z.string().check(z.maxLength(1024))),
  ComparisonOperator: z.enum([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  Threshold: looseNumber,
  EvaluationPeriods: z.pipe(looseNumber, z.int().check(z.minimum(1))),
  DatapointsToAlarm: z.optional(z.pipe(looseNumber, z.int().check(z.minimum(1)))),
  TreatMissingData: z.optional(z.enum(['breaching', 'notBreaching', 'ignore', 'missing'])),
  MetricName: z.optional(z.string()),
  Namespace: z.optional(z.string()),
  Dimensions: dimensionsSchema,
  Period: z.optional(period),
  Statistic: z.optional(z.enum(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'])),
  ExtendedStatistic: z.optional(z.string()),
  Unit: z.optional(z.string()),
  Metrics: z.optional(z.array(querySchema).check(z.minLength(1), z.maxLength(20))),
  // The lab sets states by hand and sends what follows to the bus only.
  AlarmActions: inert,
  OKActions: inert,
  InsufficientDataActions: inert,
  ActionsEnabled: inert,
  Tags: inert,
});
type Alarm = z.output<typeof alarmSchema>;

/** Reads an alarm as strictly as PutMetricAlarm does: one metric, or one answer out of several metrics. */
export function toAlarmSeed(resource: ResolvedResource): AlarmSeed {
  const alarm = readProperties(alarmSchema, resource);
  const fault = findFault(alarm);
  if (fault !== undefined)
    throw new LabSetupError(`Could not deploy '${resource.logicalId}' (${resource.type}): ${fault}`);
  const { AlarmName: _, AlarmDescription: description, ...configuration } = alarm;
  const { Arn: alarmArn = '' } = resource.identity.attributes;
  return { alarmName: resource.identity.ref, alarmArn, description, configuration };
}

function findFault({ Metrics: queries, ...alarm }: Alarm): string | undefined {
  const { MetricName, Namespace, Period, Statistic, ExtendedStatistic, Dimensions, EvaluationPeriods } = alarm;
  const statistics = [Statistic, ExtendedStatistic].filter((value) => value !== undefined);
  const single = [MetricName, Namespace, Period, ...statistics, Dimensions];
  if (queries !== undefined && single.some((value) => value !== undefined)) return 'Metrics stand alone';
  const isWhole = MetricName !== undefined && Namespace !== undefined && Period !== undefined;
  if (queries === undefined && !(isWhole && statistics.length === 1)) {
    return 'either Metrics, or MetricName with Namespace, Period and one statistic is wanted';
  }
  if ((alarm.DatapointsToAlarm ?? 1) > EvaluationPeriods) return 'DatapointsToAlarm is over EvaluationPeriods';
  if ((queries ?? []).filter(({ ReturnData }) => ReturnData).length > 1)
    return 'only one of the Metrics may return data';
  const span = Math.max(Period ?? 0, ...(queries ?? []).map(periodOf)) * EvaluationPeriods;
  if (span > secondsPerDay) return `the alarm looks at ${span} s, one day is the most`;
  return (queries ?? []).map(findQueryFault).find((fault) => fault !== undefined);
}

const secondsPerDay = 86_400;

function periodOf({ MetricStat, Period }: Query): number {
  return MetricStat?.Period ?? Period ?? 0;
}

function findQueryFault({ Id, Expression, MetricStat, Period }: Query): string | undefined {
  if ((Expression === undefined) === (MetricStat === undefined)) {
    return `'${Id}' needs either an Expression or a MetricStat`;
  }
  if (Expression === undefined || !/^SELECT\b/i.test(Expression)) return undefined;
  if (Period === undefined) return `'${Id}' is a query and needs a Period`;
  return insightsQuery.test(Expression) ? undefined : `'${Id}' is no Metrics Insights query: '${Expression}'`;
}

const word = String.raw`(?:\w+|"[^"]+")`;

/** `SELECT AVG(metric) FROM SCHEMA("namespace", label) [WHERE …] [GROUP BY label] [ORDER BY AVG() DESC] [LIMIT 500]`. */
const insightsQuery = new RegExp(
  [
    String.raw`^SELECT (?:AVG|COUNT|MAX|MIN|SUM)\(${word}\)`,
    String.raw` FROM (?:SCHEMA\("[^"]+"(?:, ${word})*\)|"[^"]+")`,
    '(?: WHERE [^()]+?)?',
    `(?: GROUP BY ${word}(?:, ${word})*)?`,
    String.raw`(?: ORDER BY (?:AVG|COUNT|MAX|MIN|SUM)\(\)(?: ASC| DESC)?)?`,
    // 500 is the service's own limit.
    '(?: LIMIT (?:[1-9][0-9]?|[1-4][0-9]{2}|500))?$',
  ].join(''),
);
