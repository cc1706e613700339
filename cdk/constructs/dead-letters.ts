import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Rule, type IEventBus } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { outcomeSource } from '../../lambdas/shared/contracts/outcome-event.ts';
import { acceptFindings } from './accept-findings.ts';
import { outcomeEvents } from './outcome-events.ts';

/**
 * Where every event ends that the fuse could not work off: not delivered, not understood, or with an action that
 * failed. Someone has to look at each of them; they stay 14 days, the most the service offers.
 */
export class DeadLetters extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      // The service's own key: with one of ours, a slip in the key policy would lose exactly the letters that matter.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const reason = 'This is the queue for dead letters itself: a person empties it, nothing retries from it';
    Validations.of(this.queue).acknowledge(
      { id: 'AwsSolutions-SQS3', reason },
      { id: 'Serverless-SQSRedrivePolicy', reason },
    );
    acceptFindings(this.queue, {
      checkov: {
        CKV_AWS_27:
          'SQS encrypts it itself (SqsManagedSseEnabled, unknown to this rule); EventBridge needs no key grant then',
      },
    });
  }

  /** Keeps the failed incidents that are published on this bus. */
  keepFailedIncidents(bus: IEventBus): void {
    const rule = new Rule(this, 'FailedIncidents', {
      description: 'Keeps every failed incident until someone has looked at it',
      eventBus: bus,
      eventPattern: { source: [outcomeSource], detailType: [outcomeEvents.incidentFailed] },
      targets: [new SqsQueue(this.queue)],
    });
    const reason = 'The target is the dead-letter queue; EventBridge retries it for the default 24 hours';
    Validations.of(rule).acknowledge({ id: 'Serverless-EventBusDLQ', reason });
  }
}
