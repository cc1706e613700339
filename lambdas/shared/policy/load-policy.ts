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

/** Many times what the largest policy takes; the search for keys that stand twice grows with the square of their number. */
const longestText = 65_536;

/** Parses and checks the YAML text of a policy; YAML faults are named by line and column. */
export function parsePolicyYaml(text: string): Policy {
  if (text.length > longestText) {
    throw new PolicyInvalidError(`Policy not read: must have at most ${longestText} characters, got ${text.length}`);
  }
  // YAML 1.2 core: `no` and `on` stay texts. A key that stands twice is a fault: one of them would silently not count.
  // Keys are texts: one that is a list or a map would be written out, and a nest of them takes minutes.
  const options = { version: '1.2', schema: 'core', strict: true, uniqueKeys: true, stringKeys: true } as const;
  const document = parseDocument(text, options);
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) throw new PolicyInvalidError(`Policy is not valid YAML: ${fault.message}`);
  return parsePolicy(resolveAliases(document));
}

/** Aliases of aliases can stand for more than any memory holds; the library counts them and gives up. */
function resolveAliases(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new PolicyInvalidError('Policy is not valid YAML: its aliases stand for too much', { cause: error });
  }
}
