import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Rule, type IEventBus } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { outcomeSource } from '../../lambdas/shared/contracts/outcome-event.ts';
import { outcomeEvents } from './outcome-events.ts';

export interface NotificationsProps {
  /** The bus on which outcomes are published. */
  readonly bus: IEventBus;
  /** Encrypts the notifications. */
  readonly key: IKey;
  /** Takes the notifications that could not be delivered to the topic. */
  readonly deadLetters: IQueue;
  /** Who gets every notification by mail. Default: nobody. */
  readonly email?: string;
}

/** Tells people how incidents and restores ended, and that an alarm went off: after the cut, never before it. */
export class Notifications extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'connection-fuse', masterKey: props.key, enforceSSL: true });
    this.admitAlarms();
    new Rule(this, 'Outcomes', {
      description: 'Tells people how incidents and restores ended',
      eventBus: props.bus,
      eventPattern: { source: [outcomeSource], detailType: Object.values(outcomeEvents) },
      targets: [
        // An hour late is still worth knowing; older news only confuses.
        new SnsTopic(this.topic, {
          role: this.addPublisher(),
          deadLetterQueue: props.deadLetters,
          maxEventAge: Duration.hours(1),
        }),
      ],
    });
    if (props.email !== undefined) this.mailTo(props.email);
  }

  /**
   * EventBridge publishes in a role of this account. Open to the service itself, the topic would take what the rules of
   * any account send to it.
   */
  private addPublisher(): Role {
    const assumedBy = new ServicePrincipal('events.amazonaws.com');
    const role = new Role(this, 'Publisher', { assumedBy, description: 'connection-fuse: publishes outcomes' });
    const reason = 'The CDK grants publishing to an encrypted topic so; the key encrypts the messages of the fuse only';
    Validations.of(role).acknowledge({ id: 'AwsSolutions-IAM5[Action::kms:GenerateDataKey*]', reason });
    return role;
  }

  /** A topic with a policy of its own loses the default one, under which CloudWatch could publish. */
  private admitAlarms(): void {
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }

  private mailTo(email: string): void {
    this.topic.addSubscription(new EmailSubscription(email));
    const reason = 'Mail that bounces is not redelivered; every outcome also stands in the audit table';
    Validations.of(this.topic).acknowledge({ id: 'Serverless-SNSRedrivePolicy', reason });
  }
}
