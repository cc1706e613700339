import { Duration, Names } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FuseWorkflow } from './fuse-workflow.ts';

export interface AlarmsProps {
  /** By name, in Pascal case. */
  readonly workflows: Readonly<Record<string, FuseWorkflow>>;
  /** By name, in Pascal case. */
  readonly functions: Readonly<Record<string, IFunction>>;
  readonly deadLetters: IQueue;
  /** Where every alarm is sent. */
  readonly topic: ITopic;
}

/** What the alarms tell, by their headings in docs/runbook.md. */
export const alarmTexts = {
  'Failed executions': 'An incident or a restore ended red, ran out of time or was stopped',
  'Dead letters': 'An event waits that the fuse could not work off',
  'Slow cut':
    'A network cut was seen to hold later than 3 seconds after its event, or the answer to a question, arrived',
  'Function errors': 'A function of the fuse threw or ran out of time',
  'Function throttles': 'A function of the fuse was not let run',
} as const;

type Heading = keyof typeof alarmTexts;

/** A cut has to be made, and seen to hold, within this time of the event's arrival (R1). */
const cutLimitMs = 3_000;

const eachMinute = { period: Duration.minutes(1), statistic: 'Sum' };

/**
 * Says that the fuse itself is in trouble. One alarm a metric: a sum would be blind where one of its parts has no data,
 * which is the usual state of a fuse.
 */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  /** What the names of all of them begin with, and no other alarm's: the rules leave these out. */
  readonly namePrefix: string;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.namePrefix = `${Names.uniqueResourceName(this, { maxLength: 80, separator: '-' })}-`;
    const waiting = props.deadLetters.metricApproximateNumberOfMessagesVisible({ ...eachMinute, statistic: 'Maximum' });
    this.all = [
      ...this.addForWorkflows(props.workflows),
      this.add('DeadLetters', 'Dead letters', waiting, 1),
      this.add('SlowCut', 'Slow cut', cutLatency(), cutLimitMs + 1),
      ...this.addForFunctions(props.functions),
    ];
    for (const alarm of this.all) alarm.addAlarmAction(new SnsAction(props.topic));
  }

  private addForWorkflows(workflows: Readonly<Record<string, FuseWorkflow>>): Alarm[] {
    return Object.entries(workflows).flatMap(([name, workflow]) =>
      Object.entries(workflow.metricsOfTrouble()).map(([trouble, metric]) =>
        this.add(`${name}${trouble}`, 'Failed executions', metric, 1),
      ),
    );
  }

  private addForFunctions(functions: Readonly<Record<string, IFunction>>): Alarm[] {
    return Object.entries(functions).flatMap(([name, handle]) => [
      this.add(`${name}Errors`, 'Function errors', handle.metricErrors(eachMinute), 1),
      this.add(`${name}Throttles`, 'Function throttles', handle.metricThrottles(eachMinute), 1),
    ]);
  }

  private add(id: string, heading: Heading, metric: Metric, threshold: number): Alarm {
    return new Alarm(this, id, {
      alarmName: `${this.namePrefix}${id}`,
      alarmDescription: `${alarmTexts[heading]}. What to do: docs/runbook.md#${toAnchor(heading)}`,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}

/** The anchor of a Markdown heading: `Slow cut` → `slow-cut`. */
function toAnchor(heading: Heading): string {
  return heading.toLowerCase().replaceAll(' ', '-');
}

/** From the event's arrival to the network cut that was read back, an incident, as `close-incident` measures it. */
function cutLatency(): Metric {
  return new Metric({
    namespace: 'ConnectionFuse',
    metricName: 'VerifiedLatency',
    dimensionsMap: { service: 'close-incident' },
    statistic: 'Maximum',
    period: Duration.minutes(1),
  });
}
