import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../wire/service-error.ts';
import type { BusEvent } from './event.ts';
import type { Rule, RuleTarget } from './rule.ts';
import { toTargetInput } from './target-input.ts';

/** One event on its way to one target. */
export interface Delivery {
  readonly event: BusEvent;
  readonly rule: Rule;
  readonly target: RuleTarget;
  /** The text the target receives. */
  readonly input: string;
}

/** Hands a delivery to a service; a ServiceError says why it could not. */
export type Deliver = (delivery: Delivery) => Promise<void>;

/** An event that reached neither its target nor a dead-letter queue. */
export interface DroppedEvent {
  readonly event: BusEvent;
  readonly ruleName: string;
  readonly targetArn: string;
  readonly reason: string;
}

/** Who takes what the courier brings. */
export interface CourierProps {
  /** Delivery by the service part of the target's ARN: `states`, `sqs`, `sns`, `lambda`, `events`. */
  readonly deliverTo: Readonly<Record<string, Deliver>>;
  readonly sendToDeadLetters: (
    queueArn: string,
    body: string,
    attributes: Readonly<Record<string, string>>,
  ) => Promise<void>;
  /** Milliseconds before a further attempt. Default: 1 s, doubling up to one minute. */
  readonly retryDelayMs?: ((attempt: number) => number) | undefined;
}

/** EventBridge's defaults. */
const defaultEventAgeSeconds = 86_400;
const defaultRetryAttempts = 185;

const transientCodes = new Set([
  'ThrottlingException',
  'TooManyRequestsException',
  'ExecutionLimitExceeded',
  'RequestLimitExceeded',
]);

/** Brings events to targets: retries what may pass, gives the rest to the dead-letter queue. */
export class Courier {
  readonly dropped: DroppedEvent[] = [];
  readonly #props: CourierProps;
  readonly #running = new Set<Promise<void>>();

  constructor(props: CourierProps) {
    this.#props = props;
  }

  /** Starts a delivery and returns at once, as a bus does. */
  send(event: BusEvent, rule: Rule, target: RuleTarget): void {
    const running = this.#bring(event, rule, target).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async whenIdle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #bring(event: BusEvent, rule: Rule, target: RuleTarget): Promise<void> {
    const startedAt = Date.now();
    const maximumAgeMs = (target.maximumEventAgeSeconds ?? defaultEventAgeSeconds) * 1000;
    const maximumRetries = target.maximumRetryAttempts ?? defaultRetryAttempts;
    for (let retries = 0; ; retries += 1) {
      const error = await this.#attempt(event, rule, target);
      if (error === undefined) return;
      const delayMs = this.#props.retryDelayMs?.(retries + 1) ?? Math.min(1000 * 2 ** retries, 60_000);
      const isTooOld = Date.now() + delayMs - startedAt > maximumAgeMs;
      if (!isTransient(error) || retries >= maximumRetries || isTooOld) {
        const condition =
          retries >= maximumRetries ? 'MaximumRetryAttempts' : isTooOld ? 'MaximumEventAgeInSeconds' : '';
        return await this.#giveUp(event, rule, target, error, retries, condition);
      }
      await sleep(delayMs, undefined, { ref: false });
    }
  }

  async #attempt(event: BusEvent, rule: Rule, target: RuleTarget): Promise<unknown> {
    try {
      const service = target.arn.split(':')[2] ?? '';
      const deliver = Object.hasOwn(this.#props.deliverTo, service) ? this.#props.deliverTo[service] : undefined;
      if (deliver === undefined)
        throw new ServiceError('UnsupportedOperation', `The lab delivers nothing to '${target.arn}'`);
      const input = toTargetInput(target, event, { ruleName: rule.name, ruleArn: rule.arn });
      await deliver({ event, rule, target, input });
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async #giveUp(
    event: BusEvent,
    rule: Rule,
    target: RuleTarget,
    error: unknown,
    retries: number,
    condition: string,
  ): Promise<void> {
    const code = error instanceof ServiceError ? error.code : 'INTERNAL_ERROR';
    const message = error instanceof Error ? error.message : String(error);
    const attributes = {
      RULE_ARN: rule.arn,
      TARGET_ARN: target.arn,
      ERROR_CODE: code,
      ERROR_MESSAGE: message,
      RETRY_ATTEMPTS: String(retries),
      ...(condition !== '' && { EXHAUSTED_RETRY_CONDITION: condition }),
    };
    const drop = (reason: string): void =>
      void this.dropped.push({ event, ruleName: rule.name, targetArn: target.arn, reason });
    if (target.deadLetterArn === undefined) return drop(`${code}: ${message}`);
    await this.#props
      .sendToDeadLetters(target.deadLetterArn, JSON.stringify(event), attributes)
      .catch((failure: unknown) => drop(`dead letter failed: ${String(failure)}`));
  }
}

/** Only what may pass by waiting is tried again; a missing target or a missing permission is not. */
function isTransient(error: unknown): boolean {
  return error instanceof ServiceError && (transientCodes.has(error.code) || error.status >= 500);
}
