import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation, runOperation } from '../wire/service.ts';
import type { AwsService, Operation, ServiceCall, Wire } from '../wire/service.ts';

/** A message that was published; the lab records it and sends nothing anywhere. */
export interface Notification {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  readonly message: string;
  readonly at: Date;
}

const maximumMessageBytes = 262_144;

/** The SNS of the lab: topics that remember. */
export class SnsService implements AwsService {
  readonly name = 'sns';
  readonly wire: Wire = { kind: 'query', scope: 'sns', namespace: 'http://sns.amazonaws.com/doc/2010-03-31/' };
  readonly notifications: Notification[] = [];
  readonly #topics = new Set<string>();
  readonly #operations: Readonly<Record<string, Operation>> = {
    Publish: defineOperation(
      z.strictObject({
        TopicArn: z.string(),
        Message: z.string(),
        Subject: z.optional(z.string().check(z.minLength(1), z.maxLength(100))),
      }),
      ({ TopicArn, Message, Subject }) => ({ MessageId: this.publish(TopicArn, Message, Subject).messageId }),
    ),
  };

  addTopic(topicArn: string): void {
    this.#topics.add(topicArn);
  }

  publish(topicArn: string, message: string, subject?: string): Notification {
    if (!this.#topics.has(topicArn)) throw new ServiceError('NotFound', `Topic does not exist: '${topicArn}'`, 404);
    if (message === '' || Buffer.byteLength(message) > maximumMessageBytes) {
      throw new ServiceError('InvalidParameter', 'Invalid parameter: Message has 1 byte to 256 KB');
    }
    const notification = { messageId: randomUUID(), topicArn, subject, message, at: new Date() };
    this.notifications.push(notification);
    return notification;
  }

  async run(_operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    return await runOperation('SNS', this.#operations, call, {
      invalid: 'InvalidParameter',
      missing: 'InvalidParameter',
    });
  }
}
