import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { OutcomeNotPublishedError } from '../errors.ts';
import { sensorDetailType, sensorSource, type SensorReport } from '../signals/parse-sensor.ts';
import { putEvent } from './outcome-bus.ts';

/** The fuse bus from a sensor's side: what it reports starts the fuse. */
export class SensorBus {
  readonly #client: EventBridgeClient;
  readonly #busName: string;

  constructor(client: EventBridgeClient, busName: string) {
    this.#client = client;
    this.#busName = busName;
  }

  /** Reports one signal; a retry may report it twice. Throws OutcomeNotPublishedError when the bus does not take it. */
  async report(detail: SensorReport): Promise<void> {
    const said = await putEvent(this.#client, {
      EventBusName: this.#busName,
      Source: sensorSource,
      DetailType: sensorDetailType,
      Detail: JSON.stringify(detail),
    });
    if (said === '') return;
    throw new OutcomeNotPublishedError(`Signal "${detail.signalId}" not put on bus "${this.#busName}": ${said}`);
  }
}
