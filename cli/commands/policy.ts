import { existsSync } from 'node:fs';
import type { CAC } from 'cac';
import { PolicyInvalidError } from '../../lambdas/shared/errors.ts';
import { findRemarks } from '../../lambdas/shared/policy/find-remarks.ts';
import { loadPolicy } from '../../lambdas/shared/policy/load-policy.ts';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { paint, print, printJson, UsageError } from '../output.ts';

/** The policy file a checkout has unless told otherwise. */
export const defaultPolicyPath = 'fuse.policy.yaml';

/** `fuse policy check`: the check that synth makes, without synth. */
export function addPolicyCommand(cli: CAC): void {
  cli
    .command('policy <verb> [file]', 'Check a policy file: "fuse policy check [file]"')
    .option('--json', 'One JSON object: file, ok, error, remarks')
    .example('  fuse policy check\n  fuse policy check other.policy.yaml --json')
    .action((verb: string, file: string | undefined, options: { json?: boolean }) => {
      if (verb !== 'check') throw new UsageError(`There is no policy verb "${verb}"`, 'fuse policy check [file]');
      const path = file ?? defaultPolicyPath;
      const { error, remarks } = checkPolicyFile(path);
      if (options.json === true) printJson({ file: path, ok: error === null, error, remarks });
      else for (const line of showCheck(path, error, remarks)) print(line);
      if (error !== null) process.exitCode = 1;
    });
}

/** A remark is no fault: what it tells may be meant, and some come by time alone. */
function checkPolicyFile(path: string): { error: string | null; remarks: readonly string[] } {
  try {
    return { error: null, remarks: findRemarks(readPolicyFile(path), new Date().toISOString()) };
  } catch (error) {
    if (error instanceof PolicyInvalidError) return { error: error.message, remarks: [] };
    throw error;
  }
}

function showCheck(path: string, error: string | null, remarks: readonly string[]): string[] {
  if (error !== null) return [`${paint.bad('not valid')} ${path}`, `  ${error}`];
  return [`${paint.good('ok')} ${path}`, ...remarks.map((remark) => `  ${paint.quiet('note')} ${remark}`)];
}

/** Reads and checks a policy file; throws PolicyInvalidError with path, rule and value. */
export function readPolicyFile(path: string): Policy {
  if (!existsSync(path)) throw new UsageError(`There is no policy file "${path}"`, 'Name one, or run in a checkout');
  return loadPolicy(path);
}
