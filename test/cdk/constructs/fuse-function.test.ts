import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { BundleMissingError, FuseFunction, type VariablesOf } from '../../../cdk/constructs/fuse-function.ts';
import { readPolicy } from '../../../lambdas/shared/policy/read-policy.ts';
import {
  addStack,
  bundlesPath,
  createApp,
  policy,
  resourcesOf,
  stems,
  type CloudFormationTemplate,
} from '../synthesise.ts';

const EnvironmentSchema = z.object({ FUSE_TABLE_NAME: z.string(), AWS_REGION: z.string() });
type Variables = VariablesOf<typeof EnvironmentSchema>;

const empty = mkdtempSync(join(tmpdir(), 'fuse-empty-'));
afterAll(() => rmSync(empty, { recursive: true, force: true }));

function addFunction(stack: Stack, overrides: { bundlesPath?: string } = {}): FuseFunction<typeof EnvironmentSchema> {
  return new FuseFunction<typeof EnvironmentSchema>(stack, 'Assess', {
    stem: 'assess',
    description: 'test',
    timeout: Duration.seconds(5),
    environment: { FUSE_TABLE_NAME: 'table' },
    policy,
    bundlesPath,
    retention: 30,
    ...overrides,
  });
}

describe('FuseFunction', () => {
  it('does not compile with a variable forgotten, added, or set in place of the runtime', () => {
    const right: Variables = { FUSE_TABLE_NAME: 'table' };
    // @ts-expect-error -- FUSE_TABLE_NAME is missing
    const forgotten: Variables = {};
    // @ts-expect-error -- FUSE_BUS_NAME is none of its variables
    const added: Variables = { FUSE_TABLE_NAME: 'table', FUSE_BUS_NAME: 'bus' };
    // @ts-expect-error -- AWS_REGION is the runtime's
    const runtime: Variables = { FUSE_TABLE_NAME: 'table', AWS_REGION: 'eu-central-1' };

    // The compiler is the judge here; `npm run types` fails when one of the three lines above compiles.
    expect([right, forgotten, added, runtime]).toHaveLength(4);
  });

  it('stops synth when its bundle is missing, and says what to run', () => {
    const stack = new Stack(createApp(), 'Stack');

    expect(() => addFunction(stack, { bundlesPath: empty })).toThrow(BundleMissingError);
    expect(() => addFunction(new Stack(createApp(), 'Stack'), { bundlesPath: empty })).toThrow('node build.mjs');
  });

  it('carries the compiled policy beside its bundle', async () => {
    const app = createApp();
    addStack(app);
    const assembly = app.synth().getStackByName('ConnectionFuse');

    const template = assembly.template as CloudFormationTemplate;
    const functions = resourcesOf(template, 'AWS::Lambda::Function');
    expect(functions).toHaveLength(stems.length);
    for (const { Properties } of functions) {
      const folder = join(app.outdir, `asset.${Properties.Code.S3Key.replace('.zip', '')}`);
      expect(await readPolicy(folder)).toEqual(policy);
      expect(readFileSync(join(folder, 'index.js'), 'utf8')).toContain('exports.handler');
    }
  });

  it('gets another code when the policy changes, so that a change of policy is a deploy', () => {
    const codeOf = (given: typeof policy): string => {
      const app = createApp();
      addStack(app, { policy: given });
      const { template } = app.synth().getStackByName('ConnectionFuse');
      return resourcesOf(template as CloudFormationTemplate, 'AWS::Lambda::Function')[0]?.Properties.Code.S3Key;
    };

    expect(codeOf(policy)).toBe(codeOf(structuredClone(policy)));
    expect(codeOf(policy)).not.toBe(codeOf({ ...policy, agentPath: { cidrs: [] } }));
  });
});
