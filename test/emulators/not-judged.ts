import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod/mini';

const NotJudgedSchema = z.strictObject({
  /** The check's name; a star stands for any text. */
  check: z.string(),
  reason: z.string(),
});

const FileSchema = z.record(
  z.string(),
  z.strictObject({
    /** Checks of this suite that the target cannot judge. */
    checks: z._default(z.array(NotJudgedSchema), []),
    /** What no check of this suite could judge there. */
    areas: z._default(z.array(NotJudgedSchema), []),
  }),
);

export type NotJudged = z.infer<typeof NotJudgedSchema>;
type Limits = z.infer<typeof FileSchema>[string];

/** What a target cannot judge, from `not-judged.yaml`; an endpoint that nobody described is expected to judge everything. */
export function readLimits(target: string): Limits {
  const file = z.parse(FileSchema, parse(readFileSync(join(import.meta.dirname, 'not-judged.yaml'), 'utf8')));
  return file[target] ?? { checks: [], areas: [] };
}

/** Why a check is not judged, or null. */
export function findReason(list: readonly NotJudged[], check: string): string | null {
  return list.find((one) => matches(one.check, check))?.reason ?? null;
}

/** Entries that stand for no check any more: a list that nobody needs hides what is judged by now. */
export function findStale(list: readonly NotJudged[], checks: readonly string[]): readonly NotJudged[] {
  return list.filter((one) => !checks.some((check) => matches(one.check, check)));
}

function matches(pattern: string, check: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(check);
}
