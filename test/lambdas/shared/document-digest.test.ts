import { describe, expect, it } from 'vitest';
import { digestDocument } from '../../../lambdas/shared/document-digest.ts';

describe('digestDocument', () => {
  it.each([
    ['order of keys', { a: 1, b: { c: 'x', d: 2 } }, { b: { d: 2, c: 'x' }, a: 1 }],
    ['text and value', '{"a": 1}', { a: 1 }],
    ['numbers that CloudFormation made texts', { minChars: 1, strict: true }, { minChars: '1', strict: 'true' }],
  ])('does not depend on the %s', (_what, left, right) => {
    expect(digestDocument(left)).toBe(digestDocument(right));
  });

  it.each([
    ['a changed line', { runCommand: ['ls'] }, { runCommand: ['rm'] }],
    ['another order of lines', { runCommand: ['a', 'b'] }, { runCommand: ['b', 'a'] }],
    ['an added key', { a: 1 }, { a: 1, b: null }],
  ])('tells %s', (_what, left, right) => {
    expect(digestDocument(left)).not.toBe(digestDocument(right));
  });
});
