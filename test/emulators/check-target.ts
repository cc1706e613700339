import { readScenarios } from '../../lab/scenario.ts';
import { Bench } from './bench.ts';
import type { Verdict } from './bench.ts';
import { checkCommands, checkFresh } from './command-checks.ts';
import { checkEvents } from './event-checks.ts';
import { findStale, readLimits } from './not-judged.ts';
import { checkScenario } from './scenario-checks.ts';
import type { Target } from './target.ts';

/** What is asked of a target, by name and in one order for all: what is fresh first, the whole record last. */
function listParts(bench: Bench): { name: string; run: () => Promise<void> }[] {
  return [
    { name: 'deployment', run: async () => await checkFresh(bench) },
    ...readScenarios().map((scenario) => ({
      name: scenario.name,
      run: async () => await checkScenario(bench, scenario),
    })),
    { name: 'events', run: async () => await checkEvents(bench) },
    { name: 'commands', run: async () => await checkCommands(bench) },
  ];
}

/** Asks a target everything; with `match` only the parts whose name holds that text. */
export async function checkTarget(
  target: Target,
  tell: (verdict: Verdict) => void,
  match = '',
): Promise<readonly Verdict[]> {
  const limits = readLimits(target.name);
  const bench = new Bench(target, limits.checks, tell);
  const parts = chooseParts(listParts(bench), match);
  for (const { run } of parts) await run();
  // Of a part nobody can say whether the whole list is needed.
  if (match === '') {
    await bench.check('list of what is not judged: every entry stands for a check', () =>
      findStale(
        limits.checks,
        bench.verdicts.map(({ check }) => check),
      ).map(({ check }) => `"${check}" matches no check`),
    );
  }
  for (const { check, reason } of limits.areas) bench.leave(check, reason);
  for (const { id, type, reason } of target.stripped) bench.leave(`${type} ${id} as synthesised`, reason);
  return bench.verdicts;
}

/** Those whose name holds the text; none at all is a mistake, and no green run. */
export function chooseParts<Part extends { readonly name: string }>(parts: readonly Part[], match: string): Part[] {
  const chosen = parts.filter(({ name }) => name.includes(match));
  if (chosen.length > 0) return chosen;
  throw new Error(`Nothing to check: "${match}" is in none of ${parts.map(({ name }) => name).join(', ')}`);
}
