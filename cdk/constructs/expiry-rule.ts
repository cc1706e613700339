import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { RestoreRequest } from '../../lambdas/shared/contracts/restoring.ts';

export interface ExpiryRuleProps {
  readonly restore: IStateMachine;
  /** Takes the requests that could not be delivered. */
  readonly deadLetters: IQueue;
}

/** A cut ends at most this long after its time is over. */
const checkEach = Duration.minutes(5);

const request: RestoreRequest = {
  expired: true,
  automatic: true,
  requestedBy: 'connection-fuse',
  reason: 'The time of the cut is over',
};

/** Undoes what was cut for a time only. One request finds all that is due; nothing due costs one query. */
export class ExpiryRule extends Construct {
  constructor(scope: Construct, id: string, { restore, deadLetters }: ExpiryRuleProps) {
    super(scope, id);
    new Rule(this, 'Rule', {
      description: 'Undoes cuts whose time is over',
      schedule: Schedule.rate(checkEach),
      targets: [
        new SfnStateMachine(restore, {
          input: RuleTargetInput.fromObject(request),
          deadLetterQueue: deadLetters,
          maxEventAge: checkEach,
          retryAttempts: 2,
        }),
      ],
    });
  }
}
