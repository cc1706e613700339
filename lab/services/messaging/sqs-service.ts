import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation, runOperation } from '../wire/service.ts';
import type { AwsService, Operation, ServiceCall, Wire } from '../wire/service.ts';

/** A message in a queue of the lab. */
export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: Date;
}

interface StoredMessage extends QueueMessage {
  receiveCount: number;
  receiptHandle: string | undefined;
  visibleAt: number;
}

interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly messages: StoredMessage[];
}

/** Quotas: the size of a message, and how long one stays hidden after it was received. */
const maximumMessageBytes = 1_048_576;
const visibilitySeconds = 30;

const attributeSchema = z.strictObject({ DataType: z.literal('String'), StringValue: z.string() });
const queueMember = { QueueUrl: z.string() };

/** The SQS of the lab: standard queues without delays; whoever receives sees what is there, at once. */
export class SqsService implements AwsService {
  readonly name = 'sqs';
  readonly wire: Wire = { kind: 'json', targetPrefix: 'AmazonSQS', version: '1.0' };
  readonly #accountId: string;
  readonly #region: string;
  readonly #queues = new Map<string, Queue>();
  #baseUrl = 'http://127.0.0.1';

  constructor(accountId: string, region: string) {
    this.#accountId = accountId;
    this.#region = region;
  }

  /** Queue URLs carry the endpoint's address, as on AWS; it is known once the endpoint listens. */
  setBaseUrl(url: string): void {
    this.#baseUrl = url;
  }

  addQueue(name: string): void {
    this.#queues.set(name, { name, arn: `arn:aws:sqs:${this.#region}:${this.#accountId}:${name}`, messages: [] });
  }

  urlOf(name: string): string {
    return `${this.#baseUrl}/${this.#accountId}/${name}`;
  }

  /** What lies in a queue, received or not, oldest first. */
  messagesOf(nameUrlOrArn: string): readonly QueueMessage[] {
    return this.#find(nameUrlOrArn).messages;
  }

  /** Puts a message into a queue, as EventBridge does for targets and dead letters. */
  send(nameUrlOrArn: string, body: string, attributes: Readonly<Record<string, string>> = {}): QueueMessage {
    if (body === '' || Buffer.byteLength(body) > maximumMessageBytes) {
      throw new ServiceError('com.amazonaws.sqs#InvalidParameterValue', 'A message has 1 byte to 1 MiB');
    }
    const hidden = { receiveCount: 0, receiptHandle: undefined, visibleAt: 0 };
    const message = { messageId: randomUUID(), body, attributes, sentAt: new Date(), ...hidden };
    this.#find(nameUrlOrArn).messages.push(message);
    return message;
  }

  async run(_operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    return await runOperation('SQS', this.#operations, call);
  }

  readonly #operations: Readonly<Record<string, Operation>> = {
    SendMessage: defineOperation(
      z.strictObject({
        ...queueMember,
        MessageBody: z.string(),
        MessageAttributes: z.optional(z.record(z.string(), attributeSchema)),
      }),
      ({ QueueUrl, MessageBody, MessageAttributes = {} }) => {
        const attributes = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]);
        const message = this.send(QueueUrl, MessageBody, Object.fromEntries(attributes) as Record<string, string>);
        return { MessageId: message.messageId, MD5OfMessageBody: toMd5(message.body) };
      },
    ),
    ReceiveMessage: defineOperation(
      z.strictObject({
        ...queueMember,
        MaxNumberOfMessages: z.optional(z.int().check(z.gte(1), z.lte(10))),
        MessageAttributeNames: z.optional(z.array(z.literal('All'))),
        WaitTimeSeconds: z.optional(z.literal(0)),
      }),
      ({ QueueUrl, MaxNumberOfMessages = 1, MessageAttributeNames }) => ({
        Messages: this.#receive(this.#find(QueueUrl), MaxNumberOfMessages).map((message) =>
          viewMessage(message, MessageAttributeNames !== undefined),
        ),
      }),
    ),
    DeleteMessage: defineOperation(
      z.strictObject({ ...queueMember, ReceiptHandle: z.string() }),
      ({ QueueUrl, ReceiptHandle }) => {
        const { messages } = this.#find(QueueUrl);
        const index = messages.findIndex(({ receiptHandle }) => receiptHandle === ReceiptHandle);
        if (index >= 0) messages.splice(index, 1);
      },
    ),
    GetQueueUrl: defineOperation(z.strictObject({ QueueName: z.string() }), ({ QueueName }) => ({
      QueueUrl: this.urlOf(this.#find(QueueName).name),
    })),
    GetQueueAttributes: defineOperation(
      z.strictObject({ ...queueMember, AttributeNames: z.optional(z.array(z.string())) }),
      ({ QueueUrl, AttributeNames = [] }) => ({ Attributes: viewAttributes(this.#find(QueueUrl), AttributeNames) }),
    ),
  };

  #receive(queue: Queue, limit: number): readonly StoredMessage[] {
    const visible = queue.messages.filter(({ visibleAt }) => visibleAt <= Date.now()).slice(0, limit);
    for (const message of visible) {
      message.receiveCount += 1;
      message.receiptHandle = randomUUID();
      message.visibleAt = Date.now() + visibilitySeconds * 1000;
    }
    return visible;
  }

  #find(nameUrlOrArn: string): Queue {
    const name = nameUrlOrArn.split(/[/:]/).at(-1) ?? '';
    const queue = this.#queues.get(name);
    if (queue !== undefined) return queue;
    throw new ServiceError(
      'com.amazonaws.sqs#QueueDoesNotExist',
      `The specified queue does not exist: '${nameUrlOrArn}'`,
    );
  }
}

/** Attributes come only when asked for, as on AWS. */
function viewMessage(message: StoredMessage, withAttributes: boolean): unknown {
  const attributes = Object.entries(message.attributes).map(([name, value]) => [
    name,
    { DataType: 'String', StringValue: value },
  ]);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: toMd5(message.body),
    Body: message.body,
    ...(withAttributes && attributes.length > 0 && { MessageAttributes: Object.fromEntries(attributes) as unknown }),
  };
}

/** Counts, as operators and tests ask for them; an attribute the lab does not keep is refused. */
function viewAttributes(queue: Queue, names: readonly string[]): Readonly<Record<string, string>> {
  const hidden = queue.messages.filter(({ visibleAt }) => visibleAt > Date.now()).length;
  const all: Readonly<Record<string, string>> = {
    ApproximateNumberOfMessages: String(queue.messages.length - hidden),
    ApproximateNumberOfMessagesNotVisible: String(hidden),
    QueueArn: queue.arn,
  };
  const wanted = names.includes('All') ? Object.keys(all) : names;
  return Object.fromEntries(
    wanted.map((name) => {
      const value = Object.hasOwn(all, name) ? all[name] : undefined;
      if (value !== undefined) return [name, value];
      throw new ServiceError('InvalidAttributeName', `Unknown Attribute ${name}, or not known to the lab`);
    }),
  );
}

function toMd5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
