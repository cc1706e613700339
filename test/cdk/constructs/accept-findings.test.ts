import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { acceptFindings, NoResourceError } from '../../../cdk/constructs/accept-findings.ts';
import { addStack, createApp } from '../synthesise.ts';

const reason = 'A person empties it, nothing retries from it';

describe('acceptFindings', () => {
  it('writes rule and reason to the resource, in the words of each linter', () => {
    const stack = new Stack(new App(), 'Own');
    acceptFindings(new Queue(stack, 'Queue'), { 'cfn-lint': { W1: reason }, checkov: { CKV_1: reason } });

    const [queue] = Object.values(Template.fromStack(stack).findResources('AWS::SQS::Queue'));

    expect(queue?.['Metadata']).toMatchObject({
      'cfn-lint': { config: { ignore_checks: ['W1'] }, reasons: { W1: reason } },
      checkov: { skip: [{ id: 'CKV_1', comment: reason }] },
    });
  });

  it('takes a plain resource as well, and refuses what is none', () => {
    const stack = new Stack(new App(), 'Own');
    const plain = new CfnResource(stack, 'Plain', { type: 'AWS::SQS::Queue' });
    acceptFindings(plain, { checkov: { CKV_1: reason } });

    expect(plain.getMetadata('cfn-lint')).toBeUndefined();
    expect(plain.getMetadata('checkov')).toEqual({ skip: [{ id: 'CKV_1', comment: reason }] });
    expect(() => acceptFindings(stack, { checkov: { CKV_1: reason } })).toThrow(NoResourceError);
  });

  it('stands at every function of the stack, and leaves the template below its limit', () => {
    const template = Template.fromStack(addStack(createApp())).toJSON() as {
      readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Metadata?: object }>>;
    };
    const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');

    expect(functions.length).toBeGreaterThan(10);
    expect(functions.filter(({ Metadata = {} }) => !('checkov' in Metadata && 'cfn-lint' in Metadata))).toEqual([]);
    expect(JSON.stringify(template).length).toBeLessThan(900_000);
  });
});
