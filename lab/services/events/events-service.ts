import { LabSetupError } from '../setup-error.ts';
import { defineOperation, runOperation } from '../wire/service.ts';
import type { AwsService, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { Courier } from './delivery.ts';
import type { CourierProps, DroppedEvent } from './delivery.ts';
import { toBusEvent } from './event.ts';
import type { BusEvent, EventSeed } from './event.ts';
import { checkRequestSize, putEventsInput, readEntry } from './put-events.ts';
import { compileRule } from './rule.ts';
import type { Rule, RuleSeed } from './rule.ts';

/** Where the bus lies and how it reaches its targets. */
export interface EventsServiceProps extends CourierProps {
  readonly accountId: string;
  readonly region: string;
}

/** The EventBridge of the lab: the default bus and custom ones, rules, targets, dead letters. */
export class EventsService implements AwsService {
  readonly name = 'events';
  readonly wire: Wire = { kind: 'json', targetPrefix: 'AWSEvents', version: '1.1' };
  readonly #props: EventsServiceProps;
  readonly #courier: Courier;
  readonly #buses = new Set(['default']);
  readonly #rules = new Map<string, Rule>();
  #schedules: { readonly rule: Rule; dueAtMs: number }[] = [];
  /** Time that passed for the schedules. */
  #elapsedMs = 0;
  readonly #events: { readonly busName: string; readonly event: BusEvent }[] = [];
  readonly #operations: Readonly<Record<string, Operation>> = {
    PutEvents: defineOperation(putEventsInput, ({ Entries }) => {
      checkRequestSize(Entries);
      const results = Entries.map((entry) => this.#put(readEntry(entry, this.#buses)));
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
    }),
  };

  constructor(props: EventsServiceProps) {
    this.#props = props;
    this.#courier = new Courier(props);
  }

  /** Every event any bus took, oldest first. */
  get events(): readonly { readonly busName: string; readonly event: BusEvent }[] {
    return this.#events;
  }

  /** Events that reached neither target nor dead-letter queue. */
  get dropped(): readonly DroppedEvent[] {
    return this.#courier.dropped;
  }

  async run(_operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    return await runOperation('EventBridge', this.#operations, call);
  }

  addBus(name: string): void {
    this.#buses.add(name);
  }

  /** Adds or replaces a rule; its pattern and targets are checked as PutRule and PutTargets do. */
  addRule(seed: RuleSeed): void {
    const rule = compileRule(seed);
    if (!this.#buses.has(rule.busName)) {
      throw new LabSetupError(`Could not add rule '${seed.name}': the lab has no event bus '${rule.busName}'`);
    }
    this.#rules.set(rule.arn, rule);
    this.#schedules = this.#schedules.filter((scheduled) => scheduled.rule.arn !== rule.arn);
    // The first time is one period after the rule was made.
    if (rule.scheduleMs !== undefined && rule.isEnabled) {
      this.#schedules.push({ rule, dueAtMs: this.#elapsedMs + rule.scheduleMs });
    }
  }

  /** Puts an event of an AWS service on a bus, which PutEvents refuses to anyone else. */
  emit(seed: EventSeed, busName = 'default'): BusEvent {
    if (!this.#buses.has(busName))
      throw new LabSetupError(`Could not emit an event: the lab has no event bus '${busName}'`);
    const event = toBusEvent(seed, this.#props.accountId, this.#props.region);
    this.#events.push({ busName, event });
    for (const rule of this.#rules.values()) {
      if (rule.busName === busName && rule.isEnabled && rule.matches?.(event) === true) this.#fire(rule, event);
    }
    return event;
  }

  /** Milliseconds until the next schedule comes due; undefined where there is none. */
  get untilNextScheduleMs(): number | undefined {
    const due = this.#schedules.map(({ dueAtMs }) => dueAtMs);
    return due.length === 0 ? undefined : Math.min(...due) - this.#elapsedMs;
  }

  /**
   * Lets time pass for the schedules and fires what comes due, as often as it does, the earliest first. Nothing else
   * fires them: the lab has no timers of its own.
   */
  fireSchedules(milliseconds: number): readonly BusEvent[] {
    const until = this.#elapsedMs + milliseconds;
    const fired: BusEvent[] = [];
    for (;;) {
      const [next] = this.#schedules.toSorted((one, other) => one.dueAtMs - other.dueAtMs);
      if (next === undefined || next.dueAtMs > until) break;
      next.dueAtMs += next.rule.scheduleMs ?? Infinity;
      fired.push(this.#fireSchedule(next.rule));
    }
    this.#elapsedMs = until;
    return fired;
  }

  /** Resolves when no delivery is under way. */
  async whenIdle(): Promise<void> {
    await this.#courier.whenIdle();
  }

  /** The event of a schedule is on no bus: no other rule can match it. */
  #fireSchedule(rule: Rule): BusEvent {
    const seed = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {}, resources: [rule.arn] };
    const event = toBusEvent(seed, this.#props.accountId, this.#props.region);
    this.#fire(rule, event);
    return event;
  }

  #fire(rule: Rule, event: BusEvent): void {
    for (const target of rule.targets) this.#courier.send(event, rule, target);
  }

  #put(
    entry: ReturnType<typeof readEntry>,
  ): { readonly EventId: string } | { readonly ErrorCode: string; readonly ErrorMessage: string } {
    if (entry.kind === 'refused') return { ErrorCode: entry.code, ErrorMessage: entry.message };
    return { EventId: this.emit(entry.seed, entry.busName).id };
  }
}
