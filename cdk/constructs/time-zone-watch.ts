import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';

export interface TimeZoneWatchProps {
  readonly policy: Policy;
  /** Compares the servers of profile logistics. */
  readonly watch: IFunction;
  /** Takes the calls that could not be delivered. */
  readonly deadLetters: IQueue;
}

/**
 * Has the time zones of logistics servers compared, as often as the policy says; with 0 there is no rule. Which servers
 * there are is a matter of tags, so a stack without any has the rule too: a run that finds none costs one call to EC2.
 */
export class TimeZoneWatch extends Construct {
  constructor(scope: Construct, id: string, { policy, watch, deadLetters }: TimeZoneWatchProps) {
    super(scope, id);
    const { zoneCheckMinutes } = policy.profiles.logistics;
    if (zoneCheckMinutes === 0) return;
    const checkEach = Duration.minutes(zoneCheckMinutes);
    new Rule(this, 'Rule', {
      description: 'Compares the time zones of logistics servers',
      schedule: Schedule.rate(checkEach),
      // The next run finds the same: what comes late is not worth a second one.
      targets: [
        new LambdaFunction(watch, { deadLetterQueue: deadLetters, maxEventAge: Duration.minutes(1), retryAttempts: 2 }),
      ],
    });
  }
}
