import { labAccount } from '../../lab/lab.ts';
import { checkPatterns } from './check-patterns.ts';
import { askSides } from './differential/ask-sides.ts';
import { compareSides, readDifferences } from './differential/compare.ts';
import { startSides } from './differential/start-sides.ts';
import type { Verdict } from './bench.ts';
import { readTemplate } from './prepare-assembly.ts';
import { synthesiseApp } from './synthesise-app.ts';

type Tell = (line: string) => void;

/** Asks all sides the same, and says where they differ in ways that nobody has looked at. */
export async function checkDifferential(say: Tell, tell: (verdict: Verdict) => void): Promise<readonly Verdict[]> {
  const assembly = await synthesiseApp(labAccount);
  const sides = await startSides(say);
  try {
    const matchers = { lab: sides.lab.matching, ministack: sides.ministack.matching };
    const verdicts = [
      ...(await checkPatterns(readTemplate(assembly.folder), matchers, labAccount.accountId)),
      ...compareSides(await askSides(sides), readDifferences()),
    ];
    verdicts.forEach(tell);
    return verdicts;
  } finally {
    for (const side of Object.values(sides)) await side.stop();
    await assembly.remove();
  }
}
