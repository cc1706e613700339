import { ServiceError } from '../wire/service-error.ts';

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Milliseconds between two firings of `rate(...)`. EventBridge wants the singular for 1 and the plural for all else;
 * `cron(...)` is refused, because the lab would never fire it.
 */
export function readScheduleMs(expression: string): number {
  const [, value = '', unit = '', plural] = /^rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  const count = Number(value);
  if (unit !== '' && (plural === 's') === (count !== 1)) return count * (unitMs[unit] ?? 0);
  throw new ServiceError(
    'ValidationException',
    `Parameter ScheduleExpression is not valid: '${expression}'; the lab fires 'rate(5 minutes)' and the like`,
  );
}
