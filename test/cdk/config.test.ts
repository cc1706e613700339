import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigInvalidError, loadConfig, stackIdOf } from '../../cdk/config.ts';
import { PolicyInvalidError } from '../../lambdas/shared/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'fuse-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

describe('loadConfig', () => {
  beforeEach(() => {
    write('fuse.policy.yaml', 'version: 1\n');
  });

  it('gives one stack anywhere and a year of logs when there is no config file', () => {
    const config = loadConfig(folder);

    expect(config).toMatchObject({ retentionDays: 365, accounts: [{ vpcs: [] }], policy: { version: 1 } });
  });

  it('reads accounts, VPCs, retention and mail address, and the policy beside the config', () => {
    write('lab.policy.yaml', 'version: 1\nthresholds: { cpuPercent: 80 }\n');
    const path = write(
      'lab.yaml',
      `policy: lab.policy.yaml
retentionDays: 30
accounts:
  - { account: '123456789012', region: eu-central-1, vpcs: [{ vpcId: vpc-01234567 }], notificationEmail: duty@example.com }
  - { account: '210987654321' }
`,
    );

    const config = loadConfig(folder, path);

    expect(config.policy.thresholds.cpuPercent).toBe(80);
    expect(config.retentionDays).toBe(30);
    expect(config.accounts).toEqual([
      {
        account: '123456789012',
        region: 'eu-central-1',
        vpcs: [{ vpcId: 'vpc-01234567' }],
        notificationEmail: 'duty@example.com',
      },
      { account: '210987654321', vpcs: [] },
    ]);
  });

  it.each([
    [
      'an account that is no text of 12 digits',
      'accounts: [{ account: 123456789012 }]',
      'accounts.0.account: must be string, got 123456789012',
    ],
    [
      'an account with a digit too few',
      "accounts: [{ account: '12345678901' }]",
      'accounts.0.account: must have the form /^[0-9]{12}$/, got "12345678901"',
    ],
    ['a region that is none', 'accounts: [{ region: Frankfurt }]', 'got "Frankfurt"'],
    ['a region of another partition', 'accounts: [{ region: cn-north-1 }]', 'got "cn-north-1"'],
    [
      'a VPC id that is none',
      'accounts: [{ vpcs: [{ vpcId: subnet-1 }] }]',
      'accounts.0.vpcs.0.vpcId: must have the form /^vpc-[0-9a-f]{8,17}$/, got "subnet-1"',
    ],
    [
      'a mail address that is none',
      'accounts: [{ notificationEmail: me }]',
      'accounts.0.notificationEmail: must have the form',
    ],
    ['a retention that CloudWatch does not offer', 'retentionDays: 42', 'retentionDays: must be one of 30, 60, 90'],
    ['logs that are not kept', 'retentionDays: 0', 'got 0'],
    ['an unknown key', 'vpc: vpc-01234567', '(root): has unknown keys vpc'],
    ['no account at all', 'accounts: []', 'accounts: must be at least 1, got []'],
    [
      'the same account and region twice',
      "accounts: [{ account: '123456789012' }, { account: '123456789012' }]",
      'accounts.1: must name another account and region than accounts.0',
    ],
    [
      'the same VPC twice',
      'accounts: [{ vpcs: [{ vpcId: vpc-01234567 }, { vpcId: vpc-01234567 }] }]',
      'accounts.0.vpcs.1.vpcId: must be named once only, got "vpc-01234567"',
    ],
    ['text that is no YAML', 'accounts: [', 'must be a readable YAML file'],
  ])('refuses %s with path, rule and value', (_fault, text, message) => {
    const path = write('bad.yaml', text);

    expect(() => loadConfig(folder, path)).toThrow(ConfigInvalidError);
    expect(() => loadConfig(folder, path)).toThrow(message);
  });

  it('refuses a named config file that is not there', () => {
    expect(() => loadConfig(folder, 'absent.yaml')).toThrow(ConfigInvalidError);
  });

  it.each([
    ['is not there', undefined, 'absent.policy.yaml'],
    ['has a fault', 'version: 2', 'version: must be one of 1, got 2'],
    ['is no YAML', 'version: [', 'Policy is not valid YAML'],
  ])('refuses a policy that %s', (_fault, text, message) => {
    if (text !== undefined) write('bad.policy.yaml', text);
    const path = write('policy.yaml', `policy: ${text === undefined ? 'absent' : 'bad'}.policy.yaml\n`);

    expect(() => loadConfig(folder, path)).toThrow(PolicyInvalidError);
    expect(() => loadConfig(folder, path)).toThrow(message);
  });
});

describe('stackIdOf', () => {
  it.each([
    [{ vpcs: [] }, 'ConnectionFuse'],
    [{ account: '123456789012', vpcs: [] }, 'ConnectionFuse-123456789012'],
    [{ account: '123456789012', region: 'eu-west-1', vpcs: [] }, 'ConnectionFuse-123456789012-eu-west-1'],
  ])('names the stack of %j', (account, id) => {
    expect(stackIdOf(account)).toBe(id);
  });
});
