import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { outcomeSource, type OutcomeType } from '../contracts/outcome-event.ts';
import { OutcomeNotPublishedError } from '../errors.ts';
import { describeError } from './aws-errors.ts';

const mostTries = 3;

/** The fuse bus: how incidents and restores ended, for anyone to subscribe to. */
export class OutcomeBus {
  readonly #client: EventBridgeClient;
  readonly #busName: string;

  constructor(client: EventBridgeClient, busName: string) {
    this.#client = client;
    this.#busName = busName;
  }

  /** Publishes one outcome; a retry may publish it twice. Throws OutcomeNotPublishedError when the bus does not take it. */
  async publish(type: OutcomeType, detail: Readonly<Record<string, unknown>>): Promise<void> {
    const entry = {
      EventBusName: this.#busName,
      Source: outcomeSource,
      DetailType: type,
      Detail: JSON.stringify(detail),
    };
    let said = '';
    for (let time = 1; time <= mostTries; time += 1) {
      said = await this.#put(entry);
      if (said === '') return;
    }
    throw new OutcomeNotPublishedError(`"${type}" not published on bus "${this.#busName}": ${said}`);
  }

  /** An answer of 200 may still carry a refused entry; nothing said means it was taken. */
  async #put(entry: { Source: string; DetailType: string; Detail: string; EventBusName: string }): Promise<string> {
    try {
      const { FailedEntryCount = 0, Entries } = await this.#client.send(new PutEventsCommand({ Entries: [entry] }));
      if (FailedEntryCount === 0) return '';
      return `${Entries?.[0]?.ErrorCode ?? 'refused'}: ${Entries?.[0]?.ErrorMessage ?? ''}`;
    } catch (error) {
      return describeError(error);
    }
  }
}
