import type { Verdict } from './bench.ts';

/** The machine's line of a verdict: one JSON object. */
export function toJsonLine({ target, check, ok, notJudged, failures }: Verdict): string {
  return JSON.stringify({ target, check, ok, notJudged, ...(failures.length > 0 && { failures }) });
}

/** The line a watching person reads: what holds is a tick, what does not says why. */
export function toLine({ target, check, ok, notJudged, failures }: Verdict): string {
  if (ok === null) return `  not judged  ${target} | ${check}: ${notJudged ?? ''}`;
  return ok
    ? `  ok          ${target} | ${check}`
    : `  FAILED      ${target} | ${check}\n${failures.map((one) => `                ${one.slice(0, 1500)}`).join('\n')}`;
}

/** Numbers of each target, and by name what it cannot judge. */
export function toSummary(verdicts: readonly Verdict[]): string {
  return [...Map.groupBy(verdicts, ({ target }) => target)]
    .map(([target, own]) => {
      const passed = own.filter(({ ok }) => ok === true).length;
      const failed = own.filter(({ ok }) => ok === false).length;
      const left = own.filter(({ ok }) => ok === null);
      return [
        `${target}: ${passed} of ${passed + failed} checks passed, ${left.length} not judged:`,
        ...[...Map.groupBy(left, ({ notJudged }) => notJudged ?? '')].flatMap(([reason, checks]) => [
          `  because ${reason}:`,
          ...checks.map(({ check }) => `    ${check}`),
        ]),
      ].join('\n');
    })
    .join('\n\n');
}

/** Green is when something was judged and nothing failed. */
export function isGreen(verdicts: readonly Verdict[]): boolean {
  return verdicts.some(({ ok }) => ok === true) && verdicts.every(({ ok }) => ok !== false);
}
