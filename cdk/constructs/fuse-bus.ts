import { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface FuseBusProps {
  /** Encrypts the events on the bus. */
  readonly key: IKey;
  /** Takes the events that could not be encrypted or decrypted. */
  readonly deadLetters: IQueue;
}

/** The fuse's own bus: host sensors speak on it, and every outcome is published on it for anyone to subscribe to. */
export class FuseBus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, props: FuseBusProps) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', {
      description: 'Host sensors report on it, connection-fuse publishes its outcomes on it',
      kmsKey: props.key,
      deadLetterQueue: props.deadLetters,
    });
    // The CDK grants this for rules, not for buses; without it such an event would be lost.
    props.deadLetters.addToResourcePolicy(
      new PolicyStatement({
        sid: 'EventsTheBusCannotKeep',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [props.deadLetters.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': this.bus.eventBusArn } },
      }),
    );
  }
}
