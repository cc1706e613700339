import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

const root = join(import.meta.dirname, '..', '..');
const requirements = join(import.meta.dirname, 'requirements.txt');
const folder = join(root, '.venv-emulators');
/** Holds the requirements it was installed from: other versions are another environment. */
const mark = join(folder, 'installed.txt');

/** The emulators could not be installed: nothing can be judged, and that is a failure of its own. */
export class EmulatorsMissingError extends Error {
  override readonly name = 'EmulatorsMissingError';
}

/** Installs ministack and moto in a virtual environment of the checkout, once, and returns its folder of programs. */
export async function installEmulators(tell: (line: string) => void): Promise<string> {
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return join(folder, 'bin');
  tell('installing ministack and moto into .venv-emulators');
  await attempt('python3', [
    '-c',
    'import sys; sys.exit(0 if sys.version_info >= (3, 10) else f"Python 3.10 is wanted, got {sys.version}")',
  ]);
  await attempt('python3', ['-m', 'venv', '--clear', folder]);
  await mkdir(folder, { recursive: true });
  writeFileSync(join(folder, '.gitignore'), '*\n');
  await attempt(join(folder, 'bin', 'pip'), ['install', '--quiet', '--requirement', requirements]);
  writeFileSync(mark, wanted);
  return join(folder, 'bin');
}

async function attempt(command: string, args: readonly string[]): Promise<void> {
  try {
    await runCommand(command, args);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EmulatorsMissingError(`Emulators not installed: ${why}`, { cause });
  }
}
