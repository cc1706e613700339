import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ValidatorMissingError } from './check.ts';
import { lastWords, runProgram } from './run-program.ts';

const root = join(import.meta.dirname, '..', '..');
const requirements = join(import.meta.dirname, 'requirements.txt');
const folder = join(root, '.venv-validators');
/** Holds the requirements it was installed from: other versions are another environment. */
const mark = join(folder, 'installed.txt');

let installing: Promise<string> | undefined;

/** Installs the validators that are written in Python, once, and returns the folder of their programs. */
export async function installTools(tell: (line: string) => void): Promise<string> {
  return await (installing ??= install(tell));
}

async function install(tell: (line: string) => void): Promise<string> {
  const programs = join(folder, 'bin');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return programs;
  tell('installing cfn-lint, parliament, checkov, sqlglot and sqlfluff into .venv-validators');
  const versionCheck = 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 is wanted")';
  await attempt('python3', ['-c', versionCheck]);
  await attempt('python3', ['-m', 'venv', '--clear', folder]);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.gitignore'), '*\n');
  await attempt(join(programs, 'pip'), ['install', '--quiet', '--requirement', requirements]);
  writeFileSync(mark, wanted);
  return programs;
}

async function attempt(command: string, args: readonly string[]): Promise<void> {
  const run = await runProgram(command, args).catch((cause: unknown) => {
    throw new ValidatorMissingError(`Validators not installed: "${command}" could not be started`, { cause });
  });
  if (run.status !== 0) throw new ValidatorMissingError(`Validators not installed: ${lastWords(run)}`);
}
