import { findDuplicates, type PolicyFault } from './policy-fault.ts';
import type { Policy } from './policy-schema.ts';

/** Faults of exceptions that the schema cannot see. One that is over is none: time passes, and no synth fails by it. */
export function checkExceptions(exceptions: Policy['exceptions']): PolicyFault[] {
  const dates = exceptions.flatMap(({ until }, index) =>
    isMoment(until)
      ? []
      : [{ path: `exceptions.${index}.until`, rule: 'must be a date and time there is', value: until }],
  );
  const kinds = exceptions.flatMap(({ kinds: named = [] }, index) =>
    findDuplicates(
      named,
      (kind) => kind,
      (place) => `exceptions.${index}.kinds.${place}`,
    ),
  );
  return [...dates, ...kinds];
}

/** JavaScript reads 30 February as 2 March, which nobody meant. */
function isMoment(text: string): boolean {
  const day = text.slice(0, 10);
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(Date.parse(text)) && midnight.toISOString().startsWith(day);
}
