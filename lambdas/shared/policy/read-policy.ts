import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex, toCanonicalJson } from '../canonical-json.ts';
import { PolicyInvalidError } from '../errors.ts';
import { isRecord } from '../record.ts';
import type { Policy } from './policy-schema.ts';

/** A checked policy as it lies beside every bundle, with the digest that proves it is the one that was checked. */
export function compilePolicy(policy: Policy): string {
  return `${JSON.stringify({ sha256: sha256Hex(toCanonicalJson(policy)), policy }, null, 2)}\n`;
}

/**
 * Reads the compiled policy that lies beside the function's bundle. It is versioned with the code, so a role that can
 * write the table cannot change what is spared or cut. It was checked when it was compiled; here its digest is. Throws
 * PolicyInvalidError: without a policy nothing is cut.
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
  if (isRecord(value) && isRecord(value['policy'])) {
    const { sha256, policy } = value;
    if (sha256 === sha256Hex(toCanonicalJson(policy))) return policy as Policy;
  }
  throw new PolicyInvalidError(`Policy not read: "${path}" must be as it was compiled, its digest is another`);
}
