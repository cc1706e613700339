import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import type { Verdict } from '../bench.ts';
import type { Asked } from './ask-sides.ts';
import type { Answer } from './step.ts';

const DifferenceSchema = z.strictObject({
  /** Service and step, as the output names them. */
  step: z.string(),
  /** Each side's answer as JSON. */
  answers: z.record(z.string(), z.string()),
  /** Whom AWS's documentation supports; `either` where it allows both. */
  supports: z.enum(['lab', 'either']),
  /** Where that stands, or what it says. */
  source: z.string(),
});

export type Difference = z.infer<typeof DifferenceSchema>;

export const differencesPath = join(import.meta.dirname, '..', 'differences.yaml');

export function readDifferences(): readonly Difference[] {
  return z.parse(z.array(DifferenceSchema), parse(readFileSync(differencesPath, 'utf8')) ?? []);
}

/**
 * Holds every side's answers against the lab's. A difference passes only when it is listed with exactly these answers; a
 * side without the operation is not judged there; an entry that stands for no difference any more fails.
 */
export function compareSides(asked: readonly Asked[], differences: readonly Difference[]): readonly Verdict[] {
  const verdicts = asked.flatMap((one) => compareStep(one, differences));
  const names = new Set(asked.flatMap((one) => listDifferent(one).map((side) => `${nameOf(one)} ${side}`)));
  const stale = differences.flatMap(({ step, answers }) =>
    Object.keys(answers)
      .filter((side) => side !== 'lab' && !names.has(`${step} ${side}`))
      .map((side) => `"${step}" of ${side} is listed and is no difference any more`),
  );
  const check = 'differences.yaml: every entry stands for a difference';
  return [...verdicts, { target: 'differential', check, ok: stale.length === 0, notJudged: null, failures: stale }];
}

function compareStep(asked: Asked, differences: readonly Difference[]): readonly Verdict[] {
  const { answers } = asked;
  const check = nameOf(asked);
  const listed = differences.find(({ step }) => step === check);
  return Object.entries(answers)
    .filter(([side]) => side !== 'lab')
    .map(([target, answer]) => {
      if ('gap' in answer) {
        const notJudged = `${target} does not have the operation (${answer.gap})`;
        return { target, check, ok: null, notJudged, failures: [] };
      }
      const failures = findDifference(answers['lab'], target, answer, listed);
      return { target, check, ok: failures.length === 0, notJudged: null, failures };
    });
}

function findDifference(
  lab: Answer | undefined,
  side: string,
  answer: Answer,
  listed: Difference | undefined,
): string[] {
  const [ours, theirs] = [toText(lab), toText(answer)];
  const isListed = listed?.answers['lab'] === ours && listed.answers[side] === theirs;
  return ours === theirs || isListed
    ? []
    : [`lab answers ${ours}, ${side} answers ${theirs}; no such difference is listed`];
}

/** Sides that answer, and otherwise than the lab. */
export function listDifferent({ answers }: Asked): readonly string[] {
  return Object.entries(answers)
    .filter(([, answer]) => !('gap' in answer) && toText(answer) !== toText(answers['lab']))
    .map(([side]) => side);
}

export function nameOf({ service, step }: Asked): string {
  return `${service}: ${step}`;
}

export function toText(answer: Answer | undefined): string {
  return JSON.stringify(answer ?? { gap: 'not asked' });
}
