import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import { isRecord } from '../../lambdas/shared/record.ts';
import type { Check, Finding } from './check.ts';
import { ValidatorMissingError } from './check.ts';
import { lastWords, runProgram, type ProgramRun } from './run-program.ts';
import type { Assembly } from './template-bench.ts';

const root = join(import.meta.dirname, '..', '..');

interface ShellComment {
  readonly file: string;
  readonly line: number;
  readonly code: number;
  readonly message: string;
}

/** shellcheck on every script as it lies, and on every script of a document as a host gets it, its parts put together. */
export async function judgeByShellcheck(assemblies: readonly Assembly[]): Promise<Check[]> {
  const scripts = ['.ci/run', ...globSync(['documents/linux/**/*.sh', 'lab/**/*.sh', 'test/**/*.sh'], { cwd: root })];
  const files = await shellcheck(['--', ...scripts]);
  const checks: Check[] = [{ validator: 'shellcheck', target: `${scripts.length} files`, findings: files }];
  for (const { name, loaded } of assemblies.slice(0, 1)) {
    const findings: Finding[] = [];
    for (const [id, script] of listScripts(loaded.template.Resources)) {
      findings.push(
        ...(await shellcheck(['-'], script)).map((finding) => ({ ...finding, where: `${id}:${finding.where}` })),
      );
    }
    checks.push({ validator: 'shellcheck', target: `documents of ${name}`, findings });
  }
  return checks;
}

async function shellcheck(args: readonly string[], stdin = ''): Promise<Finding[]> {
  const run = await start('shellcheck', ['--format', 'json', ...args], stdin);
  // 0 without comments, 1 with; above it, it did not judge.
  if ((run.status ?? 2) > 1) throw new ValidatorMissingError(`shellcheck judged nothing: ${lastWords(run)}`);
  return (JSON.parse(run.stdout) as ShellComment[]).map(({ file, line, code, message }) => ({
    rule: `SC${code}`,
    where: `${file}:${line}`,
    message,
  }));
}

/** The Bash scripts of the documents, by logical id. */
function listScripts(resources: Assembly['loaded']['template']['Resources']): [string, string][] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === 'AWS::SSM::Document')
    .flatMap(([id, { Properties }]) => {
      const content = Properties?.['Content'] as { readonly mainSteps: readonly Step[] };
      return content.mainSteps
        .filter(({ action }) => action === 'aws:runShellScript')
        .map(({ inputs }): [string, string] => [id, inputs.runCommand.join('\n')]);
    });
}

interface Step {
  readonly action: string;
  readonly inputs: { readonly runCommand: readonly string[] };
}

/** Pinned: another version knows other words. */
const spellingProgram = 'cspell@9.2.0';
/** There are some hundred more. */
const fewestTexts = 300;

/** British spelling with the project's dictionary; the words that are accepted stand in it, nowhere else. */
export async function judgeSpelling(): Promise<Check[]> {
  const config = join(import.meta.dirname, 'spelling.json');
  const args = ['--yes', spellingProgram, 'lint', '--no-progress', '--no-color', '--config', config, '--root', root];
  const run = await start('npx', args, '', root);
  const files = Number(/Files checked: (\d+)/.exec(run.stderr)?.[1] ?? 0);
  // Who looked at nothing found nothing: the patterns of the config, or the program itself, went astray.
  if (files < fewestTexts) throw new ValidatorMissingError(`cspell judged ${files} files only: ${lastWords(run)}`);
  const findings = run.stdout.split('\n').flatMap((line) => {
    const match = /^(\S+:\d+:\d+) - (.*)$/.exec(line);
    return match === null ? [] : [{ rule: 'spelling', where: match[1] ?? '', message: match[2] ?? '' }];
  });
  return [{ validator: 'spelling', target: 'all texts', findings }];
}

/** Files that a schema describes, by the schema's path. */
const described: Readonly<Record<string, readonly [string, (content: unknown) => unknown][]>> = {
  'schema/fuse.policy.schema.json': [
    ['fuse.policy.yaml', (content) => content],
    ['lab/scenarios/policy.yaml', (content) => content],
  ],
  'schema/order-state.schema.json': [
    ['test/fixtures/events/order-state.json', (content) => (isRecord(content) ? content['detail'] : content)],
  ],
  'schema/host-sensor-signal.schema.json': [
    ['test/fixtures/events/sensor-clock-offset.json', (content) => (isRecord(content) ? content['detail'] : content)],
    ['test/fixtures/events/sensor-time-zones.json', (content) => (isRecord(content) ? content['detail'] : content)],
  ],
};

/** The published schemas are schemas, and what they describe is as they say, for a validator that is not ours. */
export function judgeSchemas(): Check[] {
  return globSync('schema/*.json', { cwd: root }).map((path) => {
    const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true });
    const findings: Finding[] = [];
    const schema = readYaml(path);
    try {
      const validate = ajv.compile(schema as object);
      for (const [file, pick] of described[path] ?? []) {
        if (validate(pick(readYaml(file)))) continue;
        for (const { instancePath, message = '' } of validate.errors ?? []) {
          findings.push({ rule: 'instance', where: `${file}${instancePath}`, message });
        }
      }
    } catch (error) {
      findings.push({ rule: 'schema', where: path, message: error instanceof Error ? error.message : String(error) });
    }
    return { validator: 'json-schema', target: path, findings };
  });
}

/** JSON is YAML. */
function readYaml(path: string): unknown {
  return parseYaml(readFileSync(join(root, path), 'utf8'));
}

async function start(command: string, args: readonly string[], stdin: string, cwd = root): Promise<ProgramRun> {
  return await runProgram(command, args, { cwd, stdin }).catch((cause: unknown) => {
    throw new ValidatorMissingError(`"${command}" is not installed, so nothing was judged by it`, { cause });
  });
}
