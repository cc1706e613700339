import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { EventSeed } from './events/event.ts';
import { LabSetupError } from './setup-error.ts';
import { defineOperation, runOperation } from './wire/service.ts';
import type { AwsService, Operation, ServiceCall, Wire } from './wire/service.ts';

/** States of an alarm, as the API and the events write them. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A metric alarm; `configuration` holds the members of PutMetricAlarm beside its name. */
export interface AlarmSeed {
  readonly alarmName: string;
  readonly alarmArn: string;
  readonly description?: string | undefined;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly state?: AlarmState | undefined;
}

interface Alarm extends AlarmSeed {
  stateValue: AlarmState;
  stateReason: string;
  stateUpdatedAt: Date;
}

/** One datum of PutMetricData, as it came in. */
export interface MetricDatum {
  readonly namespace: string;
  readonly datum: Readonly<Record<string, unknown>>;
}

/** Metrics in the name of AWS are refused, as PutMetricData does: nobody may forge a CPU load. */
const putMetricDataInput = z.strictObject({
  Namespace: z.string().check(z.regex(/^(?!AWS\/)[^:]{1,255}/)),
  MetricData: z.array(z.record(z.string(), z.unknown())).check(z.minLength(1), z.maxLength(1000)),
});

const describeAlarmsInput = z.strictObject({
  AlarmNames: z.optional(z.array(z.string()).check(z.maxLength(100))),
  AlarmNamePrefix: z.optional(z.string()),
  AlarmTypes: z.optional(z.array(z.enum(['MetricAlarm', 'CompositeAlarm']))),
  StateValue: z.optional(z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA'])),
  MaxRecords: z.optional(z.int().check(z.gte(1), z.lte(100))),
  NextToken: z.optional(z.string()),
});

const defaultPage = 50;

/** The CloudWatch of the lab: alarms whose state is set by hand, and a record of metrics. */
export class CloudWatchService implements AwsService {
  readonly name = 'cloudwatch';
  readonly wire: Wire = { kind: 'json', targetPrefix: 'GraniteServiceVersion20100801', version: '1.0' };
  readonly metrics: MetricDatum[] = [];
  readonly #alarms = new Map<string, Alarm>();
  readonly #operations: Readonly<Record<string, Operation>> = {
    DescribeAlarms: defineOperation(describeAlarmsInput, (input) => this.#describe(input)),
    PutMetricData: defineOperation(putMetricDataInput, ({ Namespace, MetricData }) => {
      this.metrics.push(...MetricData.map((datum) => ({ namespace: Namespace, datum })));
    }),
  };

  async run(_operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    return await runOperation('CloudWatch', this.#operations, call);
  }

  addAlarm(seed: AlarmSeed): void {
    const stateValue = seed.state ?? 'INSUFFICIENT_DATA';
    this.#alarms.set(seed.alarmName, {
      ...seed,
      stateValue,
      stateReason: 'Unchecked: Initial alarm creation',
      stateUpdatedAt: new Date(),
    });
  }

  /** Sets an alarm's state and returns the event CloudWatch would send to the default bus. */
  setAlarmState(alarmName: string, value: AlarmState, reason: string): EventSeed {
    const alarm = this.#find(alarmName);
    const previousState = viewState(alarm);
    alarm.stateValue = value;
    alarm.stateReason = reason;
    alarm.stateUpdatedAt = new Date();
    return {
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      resources: [alarm.alarmArn],
      detail: {
        alarmName,
        configuration: viewConfiguration(alarm),
        previousState,
        state: viewState(alarm),
      },
    };
  }

  /**
   * Sets the state of one contributor of an alarm over a fleet and returns its event. Only a Metrics Insights query that
   * groups has contributors, and each is known by the labels it groups by.
   */
  setContributorState(
    alarmName: string,
    attributes: Readonly<Record<string, string>>,
    value: AlarmState,
    reason: string,
  ): EventSeed {
    const alarm = this.#find(alarmName);
    const labels = readLabels(alarm.configuration);
    if (labels.length === 0 || labels.toSorted().join() !== Object.keys(attributes).toSorted().join()) {
      throw new LabSetupError(
        `Could not set a contributor of alarm '${alarmName}': it groups by '${labels.join()}', received '${JSON.stringify(attributes)}'`,
      );
    }
    const id = createHash('sha256').update(JSON.stringify(attributes)).digest('hex').slice(0, 16);
    return {
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm Contributor State Change',
      resources: [alarm.alarmArn],
      detail: {
        alarmName,
        alarmContributor: { id, attributes },
        state: toState(value, reason, new Date()),
        configuration: viewConfiguration(alarm),
      },
    };
  }

  #find(alarmName: string): Alarm {
    const alarm = this.#alarms.get(alarmName);
    if (alarm !== undefined) return alarm;
    throw new LabSetupError(`Could not set the state of alarm '${alarmName}': there is no such alarm`);
  }

  #describe(input: z.output<typeof describeAlarmsInput>): unknown {
    const {
      AlarmNames,
      AlarmNamePrefix = '',
      AlarmTypes = ['MetricAlarm'],
      StateValue,
      MaxRecords = defaultPage,
    } = input;
    const kept = [...this.#alarms.values()].filter(
      ({ alarmName, stateValue }) =>
        (AlarmNames?.includes(alarmName) ?? true) &&
        alarmName.startsWith(AlarmNamePrefix) &&
        stateValue === (StateValue ?? stateValue) &&
        AlarmTypes.includes('MetricAlarm'),
    );
    const start = input.NextToken === undefined ? 0 : Number(input.NextToken);
    const end = start + MaxRecords;
    const NextToken = end < kept.length ? String(end) : undefined;
    return { MetricAlarms: kept.slice(start, end).map(viewAlarm), CompositeAlarms: [], NextToken };
  }
}

/** The configuration first: name, ARN and state are the lab's to say. */
function viewAlarm(alarm: Alarm): unknown {
  return {
    ...alarm.configuration,
    AlarmName: alarm.alarmName,
    AlarmArn: alarm.alarmArn,
    AlarmDescription: alarm.description,
    StateValue: alarm.stateValue,
    StateReason: alarm.stateReason,
    StateUpdatedTimestamp: alarm.stateUpdatedAt.getTime() / 1000,
  };
}

function viewState({ stateValue, stateReason, stateUpdatedAt }: Alarm): Readonly<Record<string, string>> {
  return toState(stateValue, stateReason, stateUpdatedAt);
}

function toState(value: AlarmState, reason: string, at: Date): Readonly<Record<string, string>> {
  // CloudWatch writes the zone as +0000, which JavaScript's own form does not.
  return { value, reason, timestamp: at.toISOString().replace('Z', '+0000') };
}

function viewConfiguration({ description, configuration }: AlarmSeed): Readonly<Record<string, unknown>> {
  return { description, metrics: viewMetrics(configuration) };
}

/** The labels that the queries of an alarm group by. */
function readLabels({ Metrics = [] }: Readonly<Record<string, unknown>>): readonly string[] {
  const expressions = (Metrics as readonly { readonly Expression?: string }[]).map(({ Expression = '' }) => Expression);
  return expressions.flatMap((text) => {
    const [, labels] = / GROUP BY (.+?)(?: ORDER BY| LIMIT|$)/.exec(text) ?? [];
    return labels?.split(', ').map((label) => label.replaceAll('"', '')) ?? [];
  });
}

type Dimensions = readonly { readonly Name: string; readonly Value: string }[];

/** One of an alarm's `Metrics`, as PutMetricAlarm takes it. */
interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: { readonly MetricName: string; readonly Namespace: string; readonly Dimensions?: Dimensions };
    readonly Period: number;
    readonly Stat: string;
  };
  readonly Period?: number;
  readonly ReturnData?: boolean;
}

/** What an alarm watches in the form of the event, which differs from the one of the API. */
function viewMetrics(configuration: Readonly<Record<string, unknown>>): unknown {
  const { Metrics, MetricName, Namespace, Dimensions, Period, Statistic } = configuration;
  if (Metrics !== undefined) return (Metrics as readonly MetricQuery[]).map(viewQuery);
  const metric = viewMetric(MetricName, Namespace, Dimensions as Dimensions | undefined);
  return [{ id: 'm1', metricStat: { metric, period: Period, stat: Statistic }, returnData: true }];
}

function viewQuery({ Id: id, Expression: expression, MetricStat, Period: period, ReturnData }: MetricQuery): unknown {
  const returnData = ReturnData ?? true;
  if (MetricStat === undefined) return { id, expression, period, returnData };
  const { MetricName, Namespace, Dimensions } = MetricStat.Metric;
  const metric = viewMetric(MetricName, Namespace, Dimensions);
  return { id, metricStat: { metric, period: MetricStat.Period, stat: MetricStat.Stat }, returnData };
}

function viewMetric(name: unknown, namespace: unknown, dimensions: Dimensions = []): unknown {
  const values = Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));
  return { dimensions: values, name, namespace };
}
