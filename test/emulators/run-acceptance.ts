import { cac } from 'cac';
import { labAccount } from '../../lab/lab.ts';
import { buildFunctions } from '../../lab/synthesise.ts';
import type { Verdict } from './bench.ts';
import { checkDifferential } from './check-differential.ts';
import { checkTarget } from './check-target.ts';
import { startEmulatorTarget } from './emulator-target.ts';
import { startLabTarget } from './lab-target.ts';
import { isGreen, toJsonLine, toLine, toSummary } from './report.ts';
import { synthesiseApp } from './synthesise-app.ts';
import type { Target } from './target.ts';

type Say = (line: string) => void;
type Tell = (verdict: Verdict) => void;
type Run = (say: Say, tell: Tell, match?: string) => Promise<readonly Verdict[]>;

/** What can be run, by its name on the command line. */
const runs: Readonly<Record<string, Run>> = {
  lab: async (say, tell, match) => await runTarget(startOwnLab, say, tell, match),
  emulators: async (say, tell, match) => await runTarget(startEmulatorTarget, say, tell, match),
  differential: checkDifferential,
};

const cli = cac('acceptance');
cli
  .command('', 'Set the app against independent emulators, and the lab against them step by step')
  .option('--only <name>', `One part only: ${Object.keys(runs).join(', ')}`)
  .option(
    '--match <text>',
    'Of lab and emulators only the scenarios, and deployment, events, commands, with it in their name',
  )
  .option('--json', 'One JSON object a check: target, check, ok, notJudged')
  .action(async (options: { only?: string; match?: string; json?: boolean }) => {
    const names = options.only === undefined ? Object.keys(runs) : [options.only];
    const isJson = options.json === true;
    const say: Say = (line) => void (isJson ? process.stderr : process.stdout).write(`${line}\n`);
    const tell: Tell = (verdict) =>
      isJson ? void process.stdout.write(`${toJsonLine(verdict)}\n`) : say(toLine(verdict));
    await buildFunctions();
    const verdicts: Verdict[] = [];
    for (const name of names) verdicts.push(...(await runPart(name, say, tell, options.match)));
    say(`\n${toSummary(verdicts)}`);
    if (!isGreen(verdicts)) process.exitCode = 1;
  });
cli.help();

/** Runs a part to its end; one that could not even be started is a failed check of its own, never a skipped one. */
async function runPart(name: string, say: Say, tell: Tell, match?: string): Promise<readonly Verdict[]> {
  say(`\n== ${name}`);
  const startedAt = performance.now();
  try {
    const run = runs[name];
    if (run === undefined) throw new Error(`Part "${name}" is unknown: ${Object.keys(runs).join(', ')} are there`);
    return await run(say, tell, match);
  } catch (error) {
    const failures = [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
    const verdict = { target: name, check: 'it could be run', ok: false, notJudged: null, failures };
    tell(verdict);
    return [verdict];
  } finally {
    say(`${name} took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
}

async function runTarget(
  start: (say: Say) => Promise<Target>,
  say: Say,
  tell: Tell,
  match?: string,
): Promise<readonly Verdict[]> {
  const target = await start(say);
  try {
    return await checkTarget(target, tell, match);
  } finally {
    await target.stop();
  }
}

async function startOwnLab(): Promise<Target> {
  const assembly = await synthesiseApp(labAccount);
  return await startLabTarget(assembly.folder, async () => await assembly.remove());
}

cli.parse(process.argv, { run: false });
await cli.runMatchedCommand();
