import { Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { account, addStack, anywhere, createApp } from './synthesise.ts';

describe('cdk-nag', () => {
  it.each([
    ['an account with a VPC and mail', account],
    ['an account of which nothing is known', anywhere],
  ])('has nothing to say about %s', (_words, stackAccount) => {
    const app = createApp();
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    addStack(app, { account: stackAccount });

    expect(() => app.synth()).not.toThrow();
  });

  it('stops a resource that breaks a rule', () => {
    const app = createApp();
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const queue = new Queue(addStack(app), 'Open');

    expect(() => app.synth()).toThrow(`${queue.node.path}/Resource`);
  });
});
