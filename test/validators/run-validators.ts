// npm run validate [-- --json] [-- --only <name>]: validators that nobody here wrote, over everything that is deployed.
// Exit status 1 when one finds something that no exception covers, and when one could not be installed.
import { parseArgs } from 'node:util';
import { toJsonLine, toLines } from './check.ts';
import type { Check } from './check.ts';
import { applyExceptions, readExceptions } from './exceptions.ts';
import { installTools } from './install-tools.ts';
import { judgeByShellcheck, judgeSchemas, judgeSpelling } from './judge-files.ts';
import { judgeMachines } from './judge-machines.ts';
import { judgeByParliament } from './judge-policies.ts';
import { judgeStatements } from './judge-statements.ts';
import { judgeByCdk, judgeByCfnLint, judgeByCheckov, judgeByNag } from './judge-templates.ts';
import { synthesiseAll } from './template-bench.ts';
import type { Assembly, TemplateBench } from './template-bench.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } });
/** Results go to stdout; what is going on does not. */
const say = (line: string): void => console.error(`… ${line}`);

let synthesising: Promise<TemplateBench> | undefined;
/** Made by the first who needs them. */
const findAssemblies = async (): Promise<readonly Assembly[]> => (await (synthesising ??= synthesiseAll())).assemblies;
const findPrograms = async (): Promise<string> => await installTools(say);

const validators: Readonly<Record<string, () => Promise<Check[]> | Check[]>> = {
  cdk: async () => judgeByCdk(await findAssemblies()),
  'cdk-nag': judgeByNag,
  'cfn-lint': async () => await judgeByCfnLint(await findAssemblies(), await findPrograms()),
  checkov: async () => await judgeByCheckov(await findAssemblies(), await findPrograms()),
  parliament: async () => await judgeByParliament(await findAssemblies(), await findPrograms()),
  asl: async () => (await findAssemblies()).flatMap(judgeMachines),
  shellcheck: async () => await judgeByShellcheck(await findAssemblies()),
  sql: async () => await judgeStatements(await findPrograms()),
  spelling: judgeSpelling,
  'json-schema': judgeSchemas,
};

const { only } = values;
if (only !== undefined && !Object.hasOwn(validators, only)) {
  console.error(`No validator is called "${only}": wanted ${Object.keys(validators).join(', ')}`);
  process.exit(1);
}

/** One that cannot run has a finding of its own, so that the others still run. */
async function run(name: string, validate: () => Promise<Check[]> | Check[]): Promise<Check[]> {
  say(name);
  try {
    return await validate();
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [{ validator: name, target: 'it could be run', findings: [{ rule: 'missing', where: name, message }] }];
  }
}

try {
  const checks: Check[] = [];
  for (const [name, validate] of Object.entries(validators)) {
    if (only === undefined || only === name) checks.push(...(await run(name, validate)));
  }
  const judged = applyExceptions(checks, readExceptions());
  for (const check of judged)
    for (const line of values.json === true ? [toJsonLine(check)] : toLines(check)) console.log(line);
  const failed = judged.filter(({ ok }) => !ok).length;
  say(`${judged.length - failed} of ${judged.length} checks are clean`);
  if (failed > 0) process.exitCode = 1;
} finally {
  const bench = await synthesising?.catch(() => undefined);
  await bench?.remove();
}
