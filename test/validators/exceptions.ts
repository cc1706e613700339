import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Check, Finding, Judged } from './check.ts';

const ExceptionSchema = z.strictObject({
  validator: z.string().min(1),
  /** A regular expression over the whole name of the rule. */
  rule: z.string().min(1),
  /** A regular expression over the whole of `where`. */
  where: z.string().min(1),
  /** One over the whole message. Default: any. */
  message: z.string().optional(),
  /** A sentence: what makes the rule not apply here. */
  reason: z.string().min(30),
});

/** A finding that is known and why it is none here. */
export type Exception = z.infer<typeof ExceptionSchema>;

export const exceptionsPath = join(import.meta.dirname, 'exceptions.yaml');

/** Reads the exceptions; one without a reason is refused. */
export function readExceptions(path = exceptionsPath): readonly Exception[] {
  return z.array(ExceptionSchema).parse(parse(readFileSync(path, 'utf8')));
}

/**
 * Takes from each check what an exception covers. An exception of a validator that ran and found nothing for it any more
 * is a finding itself: it would go on hiding what comes next.
 */
export function applyExceptions(checks: readonly Check[], exceptions: readonly Exception[]): Judged[] {
  const used = new Set<Exception>();
  const judged = checks.map((check) => {
    const pairs = check.findings.map((finding) => ({
      finding,
      exception: exceptions.find((exception) => covers(exception, check.validator, finding)),
    }));
    for (const { exception } of pairs) if (exception !== undefined) used.add(exception);
    const left = pairs.filter(({ exception }) => exception === undefined).map(({ finding }) => finding);
    const covered = Map.groupBy(
      pairs.filter(({ exception }) => exception !== undefined),
      ({ exception }) => exception,
    );
    return {
      ...check,
      findings: left,
      ok: left.length === 0,
      exceptions: [
        ...(check.accepted ?? []),
        ...[...covered].map(([exception, all]) => ({
          rule: exception?.rule ?? '',
          count: all.length,
          reason: exception?.reason ?? '',
        })),
      ],
    };
  });
  return [...judged, judgeUnused(checks, exceptions, used)];
}

function covers({ validator, rule, where, message }: Exception, name: string, finding: Finding): boolean {
  return (
    validator === name &&
    matchesWhole(rule, finding.rule) &&
    matchesWhole(where, finding.where) &&
    (message === undefined || matchesWhole(message, finding.message))
  );
}

function matchesWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`, 's').test(text);
}

function judgeUnused(checks: readonly Check[], exceptions: readonly Exception[], used: ReadonlySet<Exception>): Judged {
  const ran = new Set(checks.map(({ validator }) => validator));
  const findings = exceptions
    .filter((exception) => ran.has(exception.validator) && !used.has(exception))
    .map(({ validator, rule, where }) => ({
      rule: 'unused-exception',
      where: `${validator} ${rule} ${where}`,
      message: 'covers nothing any more: take it away',
    }));
  return { validator: 'exceptions', target: 'exceptions.yaml', findings, ok: findings.length === 0, exceptions: [] };
}
