// CloudWatch writes `+0000` without a colon; some GuardDuty exports use a blank and no zone, and mean UTC.
const timePattern = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/;

/** The time as ISO 8601 in UTC with milliseconds, or undefined when it is none. Numbers are epoch milliseconds. */
export function readTime(value: unknown): string | undefined {
  const date = typeof value === 'number' ? new Date(value) : readDate(value);
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function readDate(value: unknown): Date | undefined {
  const match = typeof value === 'string' ? timePattern.exec(value) : null;
  if (match === null) return undefined;
  const [, day, time, zone = 'Z'] = match;
  const colonZone = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  return new Date(`${day}T${time}${colonZone}`);
}
