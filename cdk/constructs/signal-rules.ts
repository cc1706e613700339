import { Duration, Stack } from 'aws-cdk-lib';
import { Rule, type EventPattern, type IEventBus } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { applicationSource } from '../../lambdas/shared/signals/parse-order-state.ts';
import { sensorSource } from '../../lambdas/shared/signals/parse-sensor.ts';

export interface SignalRulesProps {
  /** The state machine that every signal starts. */
  readonly respond: IStateMachine;
  /** The bus on which host sensors and applications report. */
  readonly bus: IEventBus;
  /** Takes the signals that could not be delivered in time. */
  readonly deadLetters: IQueue;
  /** What the names of the fuse's own alarms begin with: they must not start it, or a broken fuse would go on starting itself. */
  readonly ownAlarmPrefix: string;
}

/** A cut that comes later than this is worse than none: the server may have been repaired or replaced by then. */
const maxSignalAge = Duration.seconds(120);

/** One rule for each way in. Only events of this account count, whatever a bus policy lets in. */
export class SignalRules extends Construct {
  constructor(scope: Construct, id: string, props: SignalRulesProps) {
    super(scope, id);
    const target = new SfnStateMachine(props.respond, {
      deadLetterQueue: props.deadLetters,
      maxEventAge: maxSignalAge,
      // Retries wait longer and longer; about this many fit into the age above.
      retryAttempts: 8,
    });
    const account = [Stack.of(this).account];
    const rules: readonly { id: string; description: string; pattern: EventPattern; bus?: IEventBus }[] = [
      {
        id: 'GuardDutyFindings',
        description: 'Findings of GuardDuty',
        pattern: { source: ['aws.guardduty'], detailType: ['GuardDuty Finding'] },
      },
      {
        id: 'Alarms',
        description: 'CloudWatch alarms that went off',
        pattern: alarmPattern('CloudWatch Alarm State Change', props.ownAlarmPrefix),
      },
      {
        id: 'AlarmContributors',
        description: 'Single contributors of CloudWatch alarms that went off',
        pattern: alarmPattern('CloudWatch Alarm Contributor State Change', props.ownAlarmPrefix),
      },
      {
        id: 'HostSensors',
        description: 'Red lines that sensors on the hosts saw',
        pattern: { source: [sensorSource] },
        bus: props.bus,
      },
      {
        id: 'Applications',
        description: 'What applications report of their orders',
        pattern: { source: [applicationSource] },
        bus: props.bus,
      },
    ];
    for (const { id: ruleId, description, pattern, bus } of rules) {
      new Rule(this, ruleId, {
        description,
        eventPattern: { ...pattern, account },
        targets: [target],
        ...(bus && { eventBus: bus }),
      });
    }
  }
}

/** Alarms that went off, without the fuse's own. By prefix, because the pattern's length is limited to 2,048. */
function alarmPattern(detailType: string, ownPrefix: string): EventPattern {
  return {
    source: ['aws.cloudwatch'],
    detailType: [detailType],
    detail: { state: { value: ['ALARM'] }, alarmName: [{ 'anything-but': { prefix: ownPrefix } }] },
  };
}
