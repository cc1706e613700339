import { join } from 'node:path';
import type { Check } from './check.ts';
import { ValidatorMissingError } from './check.ts';
import { listStatements } from './list-statements.ts';
import type { Told } from './list-statements.ts';
import { lastWords, runProgram } from './run-program.ts';

const parser = join(import.meta.dirname, 'parse-statements.py');

interface Verdict {
  readonly id: number;
  readonly parser: string;
  readonly read: number;
  readonly faults: readonly { readonly statement: string; readonly fault: string }[];
}

/**
 * Two parsers of SQL, sqlglot and sqlfluff, on every statement that a document tells a database. `parts` is the folder of
 * the scripts. What neither the tests nor we can run, Oracle's and SQL Server's, is read by somebody here at least.
 */
export async function judgeStatements(programs: string, parts?: string): Promise<Check[]> {
  const { told, silent } = await listStatements(parts);
  const verdicts = await parse([...told], programs);
  const groups = Map.groupBy(verdicts, ({ id, parser: by }) => `${told[id]?.engine} by ${by}`);
  const checks = [...groups].map(([target, all]): Check => ({
    validator: 'sql',
    target: `${target}, ${all.reduce((sum, { read }) => sum + read, 0)} statements`,
    findings: all.flatMap(({ id, parser: rule, faults }) =>
      faults.map(({ statement, fault }) => ({
        rule,
        where: `${told[id]?.engine} ${told[id]?.source}`,
        message: `${fault} | ${statement}`,
      })),
    ),
  }));
  const words = 'talks to a database and was never called, so its statements were not read';
  const findings = silent.map((name) => ({ rule: 'silent', where: name, message: words }));
  return [...checks, { validator: 'sql', target: 'every function that talks to a database', findings }];
}

async function parse(told: readonly Told[], programs: string): Promise<readonly Verdict[]> {
  // The same text told twice is read once, under the name of the first who told it.
  const first = new Map(told.map(({ dialect, text }, id) => [`${dialect} ${text}`, id] as const).toReversed());
  const stdin = JSON.stringify([...first.values()].toSorted((a, b) => a - b).map((id) => ({ id, ...told[id] })));
  const run = await runProgram(`${programs}/python`, [parser], { stdin });
  if (run.status !== 0) throw new ValidatorMissingError(`No statement was parsed: ${lastWords(run)}`);
  const verdicts = JSON.parse(run.stdout) as Verdict[];
  // Who read nothing found nothing.
  if (verdicts.length !== 2 * first.size || verdicts.some(({ read }) => read === 0)) {
    throw new ValidatorMissingError(`Parsers read ${verdicts.length} of ${2 * first.size} texts, or an empty one`);
  }
  return verdicts;
}
