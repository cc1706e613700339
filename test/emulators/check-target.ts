import { readScenarios } from '../../lab/scenario.ts';
import { Bench } from './bench.ts';
import type { Verdict } from './bench.ts';
import { checkCommands, checkFresh } from './command-checks.ts';
import { checkEvents } from './event-checks.ts';
import { findStale, readLimits } from './not-judged.ts';
import { checkScenario } from './scenario-checks.ts';
import type { Target } from './target.ts';

/** Everything that is asked of a target, in one order for all: what is fresh first, the whole record last. */
export async function checkTarget(target: Target, tell: (verdict: Verdict) => void): Promise<readonly Verdict[]> {
  const limits = readLimits(target.name);
  const bench = new Bench(target, limits.checks, tell);
  await checkFresh(bench);
  for (const scenario of readScenarios()) await checkScenario(bench, scenario);
  await checkEvents(bench);
  await checkCommands(bench);
  await bench.check('list of what is not judged: every entry stands for a check', () =>
    findStale(
      limits.checks,
      bench.verdicts.map(({ check }) => check),
    ).map(({ check }) => `"${check}" matches no check`),
  );
  for (const { check, reason } of limits.areas) bench.leave(check, reason);
  for (const { id, type, reason } of target.stripped) bench.leave(`${type} ${id} as synthesised`, reason);
  return bench.verdicts;
}
