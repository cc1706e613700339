import { describe, expect, it } from 'vitest';
import { actions } from '../../../lambdas/shared/actions/index.ts';
import { cuttingCalls } from '../../../cdk/constructs/denials.ts';
import { functionRolesOf, type Statement } from '../policies.ts';
import { synthesise } from '../synthesise.ts';

const roles = functionRolesOf(synthesise());

/** The denials of a role: name, calls, condition. */
function deniedTo(role: string): Pick<Statement, 'Sid' | 'Action' | 'Condition'>[] {
  const denials = (roles.get(role) ?? []).filter(({ Effect }) => Effect === 'Deny');
  return denials.map(({ Sid, Action, Condition }) => ({ Sid, Action, Condition }));
}

const rewriting = ['BatchWriteItem', 'DeleteTable', 'PartiQLDelete', 'PartiQLInsert', 'PartiQLUpdate'];
const named = (calls: readonly string[]) => expect.arrayContaining(calls.map((call) => `dynamodb:${call}`));

/** What every role but that of restore is kept from, besides rewriting the audit. */
const neverOnServers = [
  {
    Sid: 'NeverTouchLifelines',
    Action: cuttingCalls,
    Condition: { Null: { 'aws:ResourceTag/connection-fuse:lifeline': 'false' } },
  },
  { Sid: 'NeverTouchTags', Action: ['ec2:CreateTags', 'ec2:DeleteTags'] },
];

describe('Denials', () => {
  it.each([...roles.keys()].filter((role) => !['Restore', 'Assess', 'HoldOpen'].includes(role)))(
    'keep %s from lifelines, tags and the past',
    (role) => {
      expect(deniedTo(role)).toEqual([
        ...neverOnServers,
        { Sid: 'NeverRewriteTheAudit', Action: named([...rewriting, 'DeleteItem', 'UpdateItem']) },
      ]);
    },
  );

  it('leave HoldOpen its one document on lifelines, and nothing that cuts', () => {
    const [lifelines, otherDocuments, ...others] = deniedTo('HoldOpen');
    const statement = (roles.get('HoldOpen') ?? []).find(({ Sid }) => Sid === 'NeverRunAnotherDocument');

    expect(lifelines).toEqual({
      ...neverOnServers[0],
      Sid: 'NeverCutLifelines',
      Action: cuttingCalls.filter((call) => call !== 'ssm:SendCommand'),
    });
    expect(otherDocuments).toMatchObject({ Action: ['ssm:SendCommand'], Condition: undefined });
    expect(statement?.NotResource).toEqual([
      expect.stringMatching(/:document\/<HostDocumentsHoldTime>$/),
      'arn:*:ec2:*:*:instance/*',
    ]);
    expect(others.map(({ Sid }) => Sid)).toEqual(['NeverTouchTags', 'NeverRewriteTheAudit']);
  });

  it('leave Assess the count of the budget', () => {
    expect(deniedTo('Assess')).toEqual([
      ...neverOnServers,
      { Sid: 'NeverRewriteTheAudit', Action: named([...rewriting, 'DeleteItem']) },
      {
        Sid: 'NeverUpdateOutsideTheBudget',
        Action: ['dynamodb:UpdateItem'],
        Condition: { 'ForAnyValue:StringNotEquals': { 'dynamodb:LeadingKeys': ['budget'] } },
      },
    ]);
  });

  it('leave Restore the tags of the rules it makes again, and the list of what is cut', () => {
    const creations = ['AuthorizeSecurityGroupEgress', 'AuthorizeSecurityGroupIngress'];

    expect(deniedTo('Restore')).toEqual([
      { Sid: 'NeverRemoveTags', Action: ['ec2:DeleteTags'] },
      {
        Sid: 'NeverTagWhatExists',
        Action: ['ec2:CreateTags'],
        Condition: { StringNotEquals: { 'ec2:CreateAction': creations } },
      },
      {
        Sid: 'NeverWriteFuseTags',
        Action: ['ec2:CreateTags'],
        Condition: { 'ForAnyValue:StringLike': { 'aws:TagKeys': ['connection-fuse:*'] } },
      },
      { Sid: 'NeverRewriteTheAudit', Action: named([...rewriting, 'UpdateItem']) },
      {
        Sid: 'NeverDeleteOutsideTheCutList',
        Action: ['dynamodb:DeleteItem'],
        Condition: { 'ForAnyValue:StringNotEquals': { 'dynamodb:LeadingKeys': ['cut'] } },
      },
    ]);
  });

  it('cover every changing call that a cutting action is granted', () => {
    const granted = Object.values(actions).flatMap(({ permissions }) =>
      permissions.apply.flatMap((each) => each.actions),
    );
    const changing = granted.filter((call) => !/:(Describe|Get|List)|^ssm:CancelCommand$/.test(call));

    expect(changing.length).toBeGreaterThan(0);
    expect(changing.filter((call) => !cuttingCalls.includes(call))).toEqual([]);
  });
});
