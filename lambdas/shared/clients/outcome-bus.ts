import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { outcomeSource, type OutcomeType } from '../contracts/outcome-event.ts';
import { OutcomeNotPublishedError } from '../errors.ts';
import { describeError } from './aws-errors.ts';

const mostTries = 3;

type EventEntry = Readonly<Record<'Source' | 'DetailType' | 'Detail' | 'EventBusName', string>>;

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
    const said = await putEvent(this.#client, entry);
    if (said === '') return;
    throw new OutcomeNotPublishedError(`"${type}" not published on bus "${this.#busName}": ${said}`);
  }
}

/** Puts one event on a bus; answers what the bus said last, or nothing where it took the event. */
export async function putEvent(client: EventBridgeClient, entry: EventEntry): Promise<string> {
  let said = '';
  for (let time = 1; time <= mostTries; time += 1) {
    said = await put(client, entry);
    if (said === '') break;
  }
  return said;
}

/** An answer of 200 may still carry a refused entry; nothing said means it was taken. */
async function put(client: EventBridgeClient, entry: EventEntry): Promise<string> {
  try {
    const { FailedEntryCount = 0, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    if (FailedEntryCount === 0) return '';
    return `${Entries?.[0]?.ErrorCode ?? 'refused'}: ${Entries?.[0]?.ErrorMessage ?? ''}`;
  } catch (error) {
    return describeError(error);
  }
}
