import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { PolicyInvalidError } from '../errors.ts';
import { parsePolicy } from './parse-policy.ts';
import type { Policy } from './policy-schema.ts';

/**
 * Reads the policy that people write, `fuse.policy.yaml`. For the command line and synthesis only: functions read the
 * compiled JSON, and their bundles stay free of YAML.
 */
export function loadPolicy(path: string): Policy {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new PolicyInvalidError(`Policy not read: "${path}" must be a readable file`, { cause: error });
  }
  return parsePolicyYaml(text);
}

/** Parses and checks the YAML text of a policy; YAML faults are named by line and column. */
export function parsePolicyYaml(text: string): Policy {
  // YAML 1.2 core: `no` and `on` stay texts. A key that stands twice is a fault: one of them would silently not count.
  const document = parseDocument(text, { version: '1.2', schema: 'core', strict: true, uniqueKeys: true });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) throw new PolicyInvalidError(`Policy is not valid YAML: ${fault.message}`);
  return parsePolicy(document.toJS());
}
