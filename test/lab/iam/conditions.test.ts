import { describe, expect, it } from 'vitest';
import { checkOperators, meetsConditions } from '../../../lab/iam/conditions.ts';
import { PolicyNotUnderstoodError } from '../../../lab/iam/policy-errors.ts';

/** A request with a single-valued key, a multivalued one, and `absent`, which it is known not to have. */
const context = {
  keys: { one: 'b', many: ['b', 'c'], arn: 'arn:aws:sns:r:1:topic', secure: 'true', none: [] },
  complete: ['absent'],
};

function meets(operator: string, key: string, wanted: readonly string[]): boolean {
  return meetsConditions({ [operator]: { [key]: wanted } }, context);
}

describe('meetsConditions', () => {
  it.each([
    { operator: 'StringEquals', key: 'one', wanted: ['a', 'b'], holds: true },
    { operator: 'StringEquals', key: 'ONE', wanted: ['b'], holds: true },
    { operator: 'StringEquals', key: 'one', wanted: ['B'], holds: false },
    { operator: 'StringEquals', key: 'one', wanted: ['*'], holds: false },
    { operator: 'StringEquals', key: 'absent', wanted: ['b'], holds: false },
    { operator: 'StringNotEquals', key: 'one', wanted: ['a', 'b'], holds: false },
    { operator: 'StringNotEquals', key: 'one', wanted: ['a'], holds: true },
    { operator: 'StringNotEquals', key: 'absent', wanted: ['a'], holds: true },
    { operator: 'StringLike', key: 'one', wanted: ['?'], holds: true },
    { operator: 'StringLike', key: 'absent', wanted: ['*'], holds: false },
    { operator: 'StringNotLike', key: 'one', wanted: ['*'], holds: false },
    { operator: 'ArnLike', key: 'arn', wanted: ['arn:aws:sns:*:*:top*'], holds: true },
    { operator: 'ArnEquals', key: 'arn', wanted: ['arn:aws:sns:*:2:*'], holds: false },
    { operator: 'ArnNotLike', key: 'arn', wanted: ['arn:aws:sqs:*:*:*'], holds: true },
    { operator: 'Bool', key: 'secure', wanted: ['True'], holds: true },
    { operator: 'Bool', key: 'absent', wanted: ['false'], holds: false },
    { operator: 'Null', key: 'absent', wanted: ['true'], holds: true },
    { operator: 'Null', key: 'absent', wanted: ['false'], holds: false },
    { operator: 'Null', key: 'one', wanted: ['false'], holds: true },
    { operator: 'Null', key: 'none', wanted: ['true'], holds: true },
    { operator: 'ForAllValues:StringEquals', key: 'many', wanted: ['b', 'c', 'd'], holds: true },
    { operator: 'ForAllValues:StringEquals', key: 'many', wanted: ['b'], holds: false },
    { operator: 'ForAllValues:StringLike', key: 'absent', wanted: ['b'], holds: true },
    { operator: 'ForAllValues:StringNotEquals', key: 'many', wanted: ['b'], holds: false },
    { operator: 'ForAnyValue:StringEquals', key: 'many', wanted: ['c'], holds: true },
    { operator: 'ForAnyValue:StringEquals', key: 'absent', wanted: ['c'], holds: false },
    { operator: 'ForAnyValue:StringNotEquals', key: 'many', wanted: ['b'], holds: true },
    { operator: 'ForAnyValue:StringNotEquals', key: 'absent', wanted: ['b'], holds: false },
    { operator: 'ForAnyValue:StringLike', key: 'one', wanted: ['*'], holds: true },
  ])('answers $holds to $operator $key $wanted', ({ operator, key, wanted, holds }) => {
    expect(meets(operator, key, wanted)).toBe(holds);
  });

  it('wants every operator and every key', () => {
    const conditions = { StringEquals: { one: ['b'], secure: ['true'] }, Null: { absent: ['true'] } };

    expect(meetsConditions(conditions, context)).toBe(true);
    expect(meetsConditions({ ...conditions, Null: { absent: ['false'] } }, context)).toBe(false);
    expect(meetsConditions({ ...conditions, Bool: { secure: ['false'] } }, context)).toBe(false);
  });

  it.each([
    { case: 'a key it knows nothing about', operator: 'Null', key: 'unknown', wanted: ['true'] },
    { case: 'a multivalued key without a qualifier', operator: 'StringEquals', key: 'many', wanted: ['b'] },
    { case: 'a Null that is neither true nor false', operator: 'Null', key: 'one', wanted: ['no'] },
  ])('refuses $case', ({ operator, key, wanted }) => {
    expect(() => meets(operator, key, wanted)).toThrow(PolicyNotUnderstoodError);
  });

  it('hears of a condition it does not understand, also behind one that fails', () => {
    const conditions = { StringEquals: { one: ['a'], unknown: ['a'] } };

    expect(() => meetsConditions(conditions, context)).toThrow(PolicyNotUnderstoodError);
  });

  it('refuses a key the request carries twice', () => {
    const twice = { keys: { 'aws:ResourceTag/a': '1', 'aws:ResourceTag/A': '2' }, complete: [] };

    expect(() => meetsConditions({ StringEquals: { 'aws:ResourceTag/a': ['1'] } }, twice)).toThrow(
      PolicyNotUnderstoodError,
    );
  });
});

describe('checkOperators', () => {
  it.each([
    'StringEqualsIfExists',
    'NumericLessThan',
    'stringEquals',
    'ForAllValues:Null',
    'ForEveryValue:StringLike',
    'ForAllValues:StringLike:x',
    'ForAllValues:',
    '',
  ])('refuses the operator "%s"', (operator) => {
    expect(() => checkOperators({ [operator]: {} })).toThrow(PolicyNotUnderstoodError);
  });
});
