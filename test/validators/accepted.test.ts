import { describe, expect, it } from 'vitest';
import { bareTemplate, countAccepted, judgeAccepted, listAccepted } from './accepted.ts';
import { applyExceptions } from './exceptions.ts';

const reason = 'It is odd on purpose, as its construct says.';
const template = {
  Resources: {
    One: {
      Type: 'AWS::SQS::Queue',
      Metadata: {
        'cfn-lint': { config: { ignore_checks: ['W1'] }, reasons: { W1: reason } },
        checkov: { skip: [{ id: 'CKV_1', comment: reason }, { id: 'CKV_2' }] },
        other: 'stays',
      },
    },
    Two: { Type: 'AWS::SQS::Queue' },
  },
};

describe('listAccepted', () => {
  it('reads what each linter is told at a resource, with the reason', () => {
    expect(listAccepted(template, 'cfn-lint')).toEqual([{ logicalId: 'One', rule: 'W1', reason }]);
    expect(listAccepted(template, 'checkov')).toEqual([
      { logicalId: 'One', rule: 'CKV_1', reason },
      { logicalId: 'One', rule: 'CKV_2', reason: '' },
    ]);
  });
});

describe('bareTemplate', () => {
  it('takes away what is accepted, and nothing else', () => {
    const bare = bareTemplate(template);

    expect(bare.Resources).toEqual({
      One: { Type: 'AWS::SQS::Queue', Metadata: { other: 'stays' } },
      Two: { Type: 'AWS::SQS::Queue' },
    });
    expect(listAccepted(template, 'cfn-lint')).toHaveLength(1);
  });
});

describe('judgeAccepted', () => {
  const accepted = [{ logicalId: 'One', rule: 'W1', reason }];

  it('has nothing to say where the finding is there without the acceptance', () => {
    expect(judgeAccepted(accepted, [{ logicalId: 'One', rule: 'W1' }])).toEqual([]);
  });

  it.each([
    ['another rule', { logicalId: 'One', rule: 'W10' }],
    ['another resource', { logicalId: 'Two', rule: 'W1' }],
  ])('calls an acceptance unused where only %s has a finding', (_words, found) => {
    expect(judgeAccepted(accepted, [found])).toMatchObject([
      { rule: 'unused-exception', where: 'Resources/One/Metadata' },
    ]);
  });

  it('wants a reason', () => {
    const found = judgeAccepted([{ logicalId: 'One', rule: 'W1', reason: 'odd' }], [{ logicalId: 'One', rule: 'W1' }]);

    expect(found).toMatchObject([{ rule: 'no-reason', where: 'Resources/One/Metadata' }]);
  });
});

describe('applyExceptions', () => {
  it('shows what resources accept beside what the file excepts', () => {
    const accepted = countAccepted([
      { logicalId: 'One', rule: 'W1', reason },
      { logicalId: 'Two', rule: 'W1', reason },
    ]);

    const [judged] = applyExceptions([{ validator: 'cfn-lint', target: 'app', findings: [], accepted }], []);

    expect(judged).toMatchObject({ ok: true, exceptions: [{ rule: 'W1', count: 2, reason }] });
  });
});
