import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'fuse-app-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runApp(config: string): { status: number | null; stderr: string } {
  writeFileSync(join(folder, 'fuse.config.yaml'), config);
  writeFileSync(join(folder, 'broken.policy.yaml'), 'version: 1\nthresholds: { cpuPercent: 900 }\n');
  writeFileSync(join(folder, 'good.policy.yaml'), 'version: 1\n');
  const app = join(import.meta.dirname, '..', '..', 'cdk', 'app.ts');
  const env = { ...process.env, FUSE_CONFIG: join(folder, 'fuse.config.yaml'), CDK_OUTDIR: join(folder, 'out') };
  return spawnSync(process.execPath, [app], { env, encoding: 'utf8' });
}

describe('cdk/app.ts', () => {
  it.each([
    ['config', 'retentionDays: 7', 'retentionDays: must be one of', 'got 7'],
    ['policy', 'policy: broken.policy.yaml', 'thresholds.cpuPercent: must be at most 100', 'got 900'],
  ])('stops at a bad %s with one message: path, rule and value', (_subject, config, rule, value) => {
    const { status, stderr } = runApp(config);

    expect(status).toBe(1);
    expect(stderr).toContain(rule);
    expect(stderr).toContain(value);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  // Needs the real bundles, as `npm test` builds them.
  it('writes one stack an account, without network, credentials or CLI', () => {
    const { status, stderr } = runApp(
      "policy: good.policy.yaml\naccounts: [{ account: '123456789012' }, { region: eu-west-1 }]",
    );

    // Warnings only; that of a stack itself comes with the line that made it.
    expect({ status, stderr: stderr.replace(/^(?:file:\S+\n)?WARNING[^]*$/, '') }).toEqual({ status: 0, stderr: '' });
    const templates = readdirSync(join(folder, 'out')).filter((name) => name.endsWith('.template.json'));
    expect(templates).toEqual(['ConnectionFuse-123456789012.template.json', 'ConnectionFuse-eu-west-1.template.json']);
  });
});

describe('cdk.json', () => {
  it('sets every feature flag that the library recommends', () => {
    expect(cdkJson.context).toMatchObject(recommended);
  });

  it('sends nothing home', () => {
    expect(cdkJson).toMatchObject({ versionReporting: false, notices: false, context: { 'cli-telemetry': false } });
  });
});
