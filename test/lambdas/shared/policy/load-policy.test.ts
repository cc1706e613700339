import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PolicyInvalidError } from '../../../../lambdas/shared/errors.ts';
import { renderPolicyJsonSchema } from '../../../../lambdas/shared/policy/json-schema.ts';
import { loadPolicy, parsePolicyYaml } from '../../../../lambdas/shared/policy/load-policy.ts';
import { PolicySchema } from '../../../../lambdas/shared/policy/policy-schema.ts';
import { readPolicy } from '../../../../lambdas/shared/policy/read-policy.ts';
import { renderPolicy } from '../../../builders/policy.ts';

const root = join(import.meta.dirname, '../../../..');
const folder = mkdtempSync(join(tmpdir(), 'fuse-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('loadPolicy', () => {
  it('takes the sample at the root, which shows every section', () => {
    const policy = loadPolicy(join(root, 'fuse.policy.yaml'));

    const empty = Object.entries(policy).filter(([, section]) => Object.keys(Object(section)).length === 0);
    expect(empty.map(([name]) => name)).toEqual(['version']);
    expect(Object.keys(policy).sort()).toEqual(Object.keys(PolicySchema.shape).sort());
  });

  it('names the file that it cannot read', () => {
    expect(() => loadPolicy(join(folder, 'none.yaml'))).toThrow(
      /Policy not read: ".*none\.yaml" must be a readable file/,
    );
  });
});

describe('parsePolicyYaml', () => {
  it.each([
    ['broken YAML', 'version: [1', 'Policy is not valid YAML: Flow sequence'],
    ['a key twice', 'version: 1\nservices: []\nservices: []', 'Map keys must be unique at line 3'],
    ['an unknown tag', 'version: !fuse 1', 'Unresolved tag'],
    [
      'the YAML 1.1 word for yes',
      'version: 1\nservices: [{ name: a, coreBusiness: yes }]',
      'services.0.coreBusiness: must be boolean, got "yes"',
    ],
    ['an empty file', '', 'must be object, got null'],
  ])('refuses %s', (_title, text, message) => {
    expect(() => parsePolicyYaml(text)).toThrow(message);
    expect(() => parsePolicyYaml(text)).toThrow(PolicyInvalidError);
  });
});

describe('readPolicy', () => {
  it('reads the compiled policy beside the bundle', async () => {
    writeFileSync(join(folder, 'policy.json'), renderPolicy());

    await expect(readPolicy(folder)).resolves.toMatchObject({ version: 1, thresholds: { cpuPercent: 90 } });
  });

  it.each([
    ['no JSON', 'version: 1', 'must be a readable JSON file'],
    ['another shape', '{"version":1}', 'must be as it was compiled'],
    ['a value that was changed', renderPolicy().replace('90', '99'), 'its digest is another'],
  ])('refuses %s', async (_title, content, message) => {
    writeFileSync(join(folder, 'policy.json'), content);

    await expect(readPolicy(folder)).rejects.toThrow(message);
    await expect(readPolicy(folder)).rejects.toThrow(PolicyInvalidError);
  });

  it('refuses to guess where the policy lies', async () => {
    await expect(readPolicy(undefined)).rejects.toThrow('Policy not read: LAMBDA_TASK_ROOT is not set');
  });
});

describe('schema/fuse.policy.schema.json', () => {
  it('is what the policy schema says now', () => {
    const committed = readFileSync(join(root, 'schema/fuse.policy.schema.json'), 'utf8');

    expect(committed).toBe(renderPolicyJsonSchema());
  });
});
