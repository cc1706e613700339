import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PolicyInvalidError } from '../errors.ts';
import { parsePolicy } from './parse-policy.ts';
import type { Policy } from './policy-schema.ts';

/**
 * Reads the compiled policy that lies beside the function's bundle. It is versioned with the code, so a role that can
 * write the table cannot change what is spared or cut. Throws PolicyInvalidError: without a policy nothing is cut.
 */
export async function readPolicy(folder: string | undefined = process.env['LAMBDA_TASK_ROOT']): Promise<Policy> {
  if (folder === undefined) throw new PolicyInvalidError('Policy not read: LAMBDA_TASK_ROOT is not set');
  const path = join(folder, 'policy.json');
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new PolicyInvalidError(`Policy not read: "${path}" must be a readable JSON file`, { cause: error });
  }
  return parsePolicy(value);
}
