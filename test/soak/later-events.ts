interface Envelope {
  readonly id: string;
  readonly time: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** To ALARM and back: CloudWatch looks at an alarm with a period of a minute once in it, so one change is its most. */
export const flapsPerMinute = 2;

const minuteMs = 60_000;

/** The finding goes on: GuardDuty publishes it again under its id, with a higher count and later times. */
export function toUpdate(event: unknown, minutes: number): unknown {
  const { detail, ...rest } = event as Envelope;
  const service = detail['service'] as { readonly count: number; readonly eventLastSeen: string };
  return {
    ...rest,
    id: renumber(rest.id, minutes),
    time: postpone(rest.time, minutes),
    detail: {
      ...detail,
      updatedAt: postpone(String(detail['updatedAt']), minutes),
      service: { ...service, count: service.count + minutes, eventLastSeen: postpone(service.eventLastSeen, minutes) },
    },
  };
}

/** The alarm of one server, by a name of its own, as it goes off so many minutes later. */
export function toLaterFlap(event: unknown, number: number, minutes: number): unknown {
  const old = event as Envelope & { readonly resources: readonly string[] };
  const state = old.detail['state'] as { readonly timestamp: string };
  return {
    ...old,
    id: renumber(old.id, minutes),
    time: postpone(old.time, minutes),
    resources: old.resources.map((arn) => `${arn}-${number}`),
    detail: {
      ...old.detail,
      alarmName: `${String(old.detail['alarmName'])}-${number}`,
      state: { ...state, timestamp: postpone(state.timestamp, minutes) },
    },
  };
}

/** The same alarm, half a minute later, when all is well again: nothing may come of it. */
export function toOk(event: unknown): unknown {
  const { detail, ...rest } = event as Envelope;
  const state = detail['state'] as { readonly timestamp: string };
  return {
    ...rest,
    id: renumber(rest.id, 16),
    detail: {
      ...detail,
      previousState: state,
      state: { ...state, value: 'OK', timestamp: postpone(state.timestamp, 0.5) },
    },
  };
}

/** EventBridge gives every event an id of its own; what is derived from what is derived must have one too. */
function renumber(id: string, by: number): string {
  const part = (Number.parseInt(id.slice(9, 13), 16) + by) % 0x1_0000;
  return `${id.slice(0, 9)}${part.toString(16).padStart(4, '0')}${id.slice(13)}`;
}

function postpone(time: string, minutes: number): string {
  return new Date(Date.parse(time) + minutes * minuteMs).toISOString();
}
