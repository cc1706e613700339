import { maxListCharacters } from '../host-address.ts';
import { readMarks } from './limit-schema.ts';
import { findDuplicates, type PolicyFault } from './policy-fault.ts';
import type { Policy } from './policy-schema.ts';

const fields = ['ports', 'peers', 'processes', 'cgroups'] as const;

/** So many a host tells apart. */
const maxClasses = 10;

/** Classes that no connection can belong to, in whole or in part, and marks between which nothing can be shed. */
export function checkShedding({ priorityClasses, shedding }: Policy): PolicyFault[] {
  return [
    ...priorityClasses.flatMap((entry, index) =>
      fields.some((field) => (entry[field] ?? []).length > 0)
        ? []
        : [
            {
              path: `priorityClasses.${index}`,
              rule: 'must name ports, peers, processes or cgroups',
              value: entry.name,
            },
          ],
    ),
    ...fields.flatMap((field) => findHidden(priorityClasses, field)),
    ...checkSize(priorityClasses),
    ...checkMarks(shedding),
  ];
}

/** Marks that are missing, out of the load's range, or the wrong way round. */
function checkMarks(shedding: Policy['shedding']): PolicyFault[] {
  const { load } = shedding;
  const missing = (['highMark', 'lowMark'] as const).filter((name) => load !== 'cpu' && shedding[name] === undefined);
  if (missing.length > 0) {
    const rule = `must be given where shedding.load is ${load}`;
    return missing.map((name) => ({ path: `shedding.${name}`, rule, value: shedding[name] }));
  }
  const { highMark, lowMark } = readMarks(shedding);
  if (load === 'cpu' && highMark > 100) {
    return [{ path: 'shedding.highMark', rule: 'must be at most 100 percent of CPU', value: highMark }];
  }
  if (lowMark < highMark) return [];
  const rule = `must be lower than shedding.highMark, which is ${highMark}`;
  return [{ path: 'shedding.lowMark', rule, value: lowMark }];
}

/** The first class that a connection meets is its own, so what an earlier class names is never found in a later one. */
function findHidden(classes: Policy['priorityClasses'], field: (typeof fields)[number]): PolicyFault[] {
  const named = classes.flatMap((entry, index) =>
    (entry[field] ?? []).map((value, place) => ({ value, path: `priorityClasses.${index}.${field}.${place}` })),
  );
  return findDuplicates(
    named,
    ({ value }) => String(value),
    (index) => named[index]?.path ?? '',
  );
}

/** More than a host takes would show only in the moment of the overload. */
function checkSize(classes: Policy['priorityClasses']): PolicyFault[] {
  // As the host document writes them: `<class>@process:<name>`, one for each value.
  const entries = classes.flatMap((entry) =>
    fields.flatMap((field) => (entry[field] ?? []).map((value) => `${entry.name}@process:${value}`)),
  );
  const { length } = entries.join(' ');
  return [
    ...(classes.length <= maxClasses
      ? []
      : [{ path: 'priorityClasses', rule: `must be at most ${maxClasses}`, value: classes.length }]),
    ...(length <= maxListCharacters
      ? []
      : [
          {
            path: 'priorityClasses',
            rule: `must take at most ${maxListCharacters} characters on a host`,
            value: length,
          },
        ]),
  ];
}
