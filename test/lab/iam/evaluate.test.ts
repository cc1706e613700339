import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, evaluateAll } from '../../../lab/iam/evaluate.ts';
import { findUnusedGrants } from '../../../lab/iam/find-unused-grants.ts';
import type { IamRequest } from '../../../lab/iam/iam-request.ts';
import { PolicyNotUnderstoodError } from '../../../lab/iam/policy-errors.ts';
import { parseStatement } from '../../../lab/iam/statement.ts';

const group = 'arn:aws:ec2:us-east-1:123456789012:security-group/sg-1';
const lifeline = { Null: { 'aws:ResourceTag/lifeline': 'false' } };

function buildRequest(changes: Partial<IamRequest> = {}, tags: Readonly<Record<string, string>> = {}): IamRequest {
  const keys = Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]);
  const context = { keys: Object.fromEntries(keys) as Record<string, string>, complete: ['aws:ResourceTag/'] };
  return { action: 'ec2:RevokeSecurityGroupIngress', resource: group, context, ...changes };
}

const allow = (changes: object = {}) =>
  parseStatement({ Effect: 'Allow', Action: 'ec2:Revoke*', Resource: '*', ...changes });
const deny = (changes: object = {}) => parseStatement({ ...allow({ Sid: 'No' }), Effect: 'Deny', ...changes });

describe('evaluate', () => {
  it.each([
    { case: 'nothing is said', statements: [], kind: 'not-granted' },
    { case: 'it is allowed', statements: [allow()], kind: 'allowed' },
    { case: 'another action is allowed', statements: [allow({ Action: ['ec2:Describe*'] })], kind: 'not-granted' },
    { case: 'another resource is', statements: [allow({ Resource: `${group}2` })], kind: 'not-granted' },
    { case: 'the condition fails', statements: [allow({ Condition: lifeline })], kind: 'not-granted' },
    { case: 'it is allowed, then denied', statements: [allow(), deny()], kind: 'denied' },
    { case: 'it is denied, then allowed', statements: [deny(), allow()], kind: 'denied' },
    { case: 'the denial does not apply', statements: [allow(), deny({ Condition: lifeline })], kind: 'allowed' },
  ])('answers $kind where $case', ({ statements, kind }) => {
    expect(evaluate(statements, buildRequest()).kind).toBe(kind);
  });

  it('names the statement that denies', () => {
    const statements = [allow(), deny({ Sid: 'NeverTouchLifelines', Condition: lifeline })];
    const request = buildRequest({}, { lifeline: 'clearing' });

    expect(evaluate(statements, request)).toEqual({ kind: 'denied', request, sid: 'NeverTouchLifelines' });
  });

  it('takes NotAction and NotResource as everything else', () => {
    const others = { Action: undefined, NotAction: 'ec2:Revoke*' };
    const elsewhere = { Resource: undefined, NotResource: group };

    expect(evaluate([allow(others)], buildRequest()).kind).toBe('not-granted');
    expect(evaluate([allow(others)], buildRequest({ action: 'ec2:StopInstances' })).kind).toBe('allowed');
    expect(evaluate([allow(elsewhere)], buildRequest()).kind).toBe('not-granted');
    expect(evaluate([allow(elsewhere)], buildRequest({ resource: `${group}2` })).kind).toBe('allowed');
  });

  it('never allows more for one more denial, nor for another order', () => {
    const statement = fc
      .record({
        Effect: fc.constantFrom('Allow', 'Deny'),
        Action: fc.constantFrom('*', 'ec2:*', 'ec2:Revoke*', 'ssm:*'),
        Resource: fc.constantFrom('*', group, `${group}2`),
        Condition: fc.constantFrom({}, lifeline),
      })
      .map(parseStatement);

    fc.assert(
      fc.property(fc.array(statement), fc.boolean(), (statements, isLifeline) => {
        const request = buildRequest({}, isLifeline ? { lifeline: 'clearing' } : {});
        const judge = (some: typeof statements) => evaluate(some, request).kind;
        expect(judge([...statements, deny()])).toBe('denied');
        expect(judge(statements.toReversed())).toBe(judge(statements));
      }),
    );
  });
});

describe('evaluateAll', () => {
  it('refuses a call as soon as one of its requests is refused', () => {
    const elsewhere = buildRequest({ resource: `${group}2` });
    const statements = [allow({ Resource: group })];

    expect(evaluateAll(statements, [buildRequest()])).toEqual({ kind: 'allowed' });
    expect(evaluateAll(statements, [buildRequest(), elsewhere])).toEqual({ kind: 'not-granted', request: elsewhere });
  });

  it('does not judge a call that asks for nothing', () => {
    expect(() => evaluateAll([allow()], [])).toThrow(RangeError);
  });
});

describe('parseStatement', () => {
  it.each([
    { case: 'a principal', changes: { Principal: '*' } },
    { case: 'no action', changes: { Action: undefined } },
    { case: 'Action and NotAction at once', changes: { NotAction: 'ec2:*' } },
    { case: 'no resource', changes: { Resource: undefined } },
    { case: 'an empty list', changes: { Resource: [] } },
    { case: 'an effect that is none', changes: { Effect: 'allow' } },
    { case: 'an unresolved reference', changes: { Resource: { Ref: 'Table' } } },
    { case: 'an unknown operator', changes: { Condition: { StringEqualsIfExists: { key: 'a' } } } },
  ])('refuses a statement with $case', ({ changes }) => {
    expect(() => allow(changes)).toThrow(PolicyNotUnderstoodError);
  });

  it('writes every list as a list', () => {
    expect(allow({ Condition: { Bool: { 'aws:SecureTransport': false } } })).toEqual({
      Effect: 'Allow',
      Action: ['ec2:Revoke*'],
      Resource: ['*'],
      Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
    });
  });
});

describe('findUnusedGrants', () => {
  const statement = allow({
    Action: ['ec2:RevokeSecurityGroupIngress', 'ec2:RevokeSecurityGroupEgress'],
    Resource: [group, `${group}2`],
  });

  it('names each action on each resource that nobody asked for', () => {
    const requests = [buildRequest(), buildRequest({ action: 'ec2:RevokeSecurityGroupEgress' })];

    expect(findUnusedGrants([statement], requests)).toEqual([
      { action: 'ec2:RevokeSecurityGroupIngress', resource: `${group}2`, conditions: [] },
      { action: 'ec2:RevokeSecurityGroupEgress', resource: `${group}2`, conditions: [] },
    ]);
  });

  it('names each value of a condition that nobody needed', () => {
    const owners = { 'aws:ResourceTag/owner': ['desk', 'shop'] };
    const narrow = allow({ Condition: { StringEquals: owners, Null: { 'aws:ResourceTag/owner': 'false' } } });

    expect(findUnusedGrants([narrow], [buildRequest({}, { owner: 'desk' })])).toEqual([
      {
        action: 'ec2:Revoke*',
        resource: '*',
        conditions: ['aws:ResourceTag/owner=shop', 'aws:ResourceTag/owner=false'],
      },
    ]);
  });

  it('passes over denials, and refuses grants without an end', () => {
    expect(findUnusedGrants([deny()], [])).toEqual([]);
    expect(() => findUnusedGrants([allow({ Action: undefined, NotAction: 'iam:*' })], [])).toThrow(RangeError);
  });
});
