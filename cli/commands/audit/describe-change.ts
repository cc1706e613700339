import { isSameJson } from '../../../lambdas/shared/canonical-json.ts';
import { isRecord } from '../../../lambdas/shared/record.ts';

/** The part of a recorded change that is told. */
export interface RecordedChange {
  readonly target: string;
  readonly server: string;
  readonly before: unknown;
  readonly intended: unknown;
}

/** A change in lines: each value that was set as `before -> after`, then what else the former state was. */
export function describeChange({ target, server, before, intended }: RecordedChange): string[] {
  const subject = server === target ? target : `${target} of ${server}`;
  if (!isRecord(before) || !isRecord(intended)) return [`${subject}: ${toText(before)} -> ${toText(intended)}`];
  const set = Object.keys(intended).filter((name) => !isSameJson(before[name], intended[name]));
  const kept = Object.keys(before).filter((name) => !set.includes(name));
  return [
    subject,
    ...set.map((name) => `  ${name}: ${toText(before[name])} -> ${toText(intended[name])}`),
    ...(kept.length === 0 ? [] : [`  with ${kept.map((name) => `${name} ${toText(before[name])}`).join(', ')}`]),
  ];
}

function toText(value: unknown): string {
  if (value === undefined) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : `[${value.map(toText).join(', ')}]`;
  if (typeof value === 'string') return value === '' ? '""' : value;
  return JSON.stringify(value);
}
