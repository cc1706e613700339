import { CfnResource } from 'aws-cdk-lib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addStack, createApp } from './synthesise.ts';

// Off everywhere else: the validator costs seconds a process.
beforeEach(() => vi.stubEnv('CDK_VALIDATION', 'true'));
afterEach(() => vi.unstubAllEnvs());

describe('The template validator', () => {
  it('has nothing to say about the stack', () => {
    const app = createApp();
    addStack(app);

    expect(() => app.synth()).not.toThrow();
  });

  it('stops a template that CloudFormation would refuse', () => {
    const app = createApp();
    const properties = { Runtime: 'nodejs24.x', Role: 'no-arn', Code: 12 };
    const broken = new CfnResource(addStack(app), 'Broken', { type: 'AWS::Lambda::Function', properties });

    expect(() => app.synth()).toThrow(`${broken.node.path} (`);
  });
});
