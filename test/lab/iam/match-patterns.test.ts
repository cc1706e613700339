import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesAction, matchesResource, matchesWildcard } from '../../../lab/iam/match-patterns.ts';
import { PolicyNotUnderstoodError } from '../../../lab/iam/policy-errors.ts';

describe('matchesWildcard', () => {
  it.each([
    { pattern: 'a*c', text: 'abbc', matches: true },
    { pattern: 'a*c', text: 'ac', matches: true },
    { pattern: 'a?c', text: 'abc', matches: true },
    { pattern: 'a?c', text: 'ac', matches: false },
    { pattern: 'a.c', text: 'abc', matches: false },
    { pattern: 'incident#*', text: 'incident#inc-1', matches: true },
    { pattern: 'cut', text: 'cut#', matches: false },
    { pattern: '*', text: 'two\nlines', matches: true },
  ])('says $matches for "$pattern" and "$text"', ({ pattern, text, matches }) => {
    expect(matchesWildcard(pattern, text)).toBe(matches);
  });

  it('takes every character but the two wildcards as itself', () => {
    const plain = fc.string().filter((text) => !/[*?]|\$\{/.test(text));

    fc.assert(
      fc.property(plain, plain, (left, right) => {
        expect(matchesWildcard(left, left)).toBe(true);
        expect(matchesWildcard(left, right)).toBe(left === right);
      }),
    );
  });

  it('refuses policy variables, which it could not fill in', () => {
    expect(() => matchesWildcard('${aws:username}', 'me')).toThrow(PolicyNotUnderstoodError);
  });
});

describe('matchesAction', () => {
  it.each([
    { pattern: 'ec2:Describe*', action: 'ec2:DescribeInstances', matches: true },
    { pattern: 'EC2:describeinstances', action: 'ec2:DescribeInstances', matches: true },
    { pattern: 'ec2:*', action: 'ssm:SendCommand', matches: false },
    { pattern: '*', action: 'ssm:SendCommand', matches: true },
  ])('says $matches for "$pattern" and "$action"', ({ pattern, action, matches }) => {
    expect(matchesAction(pattern, action)).toBe(matches);
  });
});

describe('matchesResource', () => {
  const group = 'arn:aws:ec2:us-east-1:123456789012:security-group/sg-1';

  it.each([
    { pattern: '*', resource: group, matches: true },
    { pattern: '*', resource: '*', matches: true },
    { pattern: 'arn:aws:ec2:*:*:security-group/*', resource: group, matches: true },
    { pattern: 'arn:aws:ec2:us-east-1:123456789012:instance/*', resource: group, matches: false },
    { pattern: 'arn:aws:ec2:us-east-1:210987654321:security-group/*', resource: group, matches: false },
    // No wildcard reaches over a colon into the next part.
    { pattern: 'arn:aws:*:123456789012:x:security-group/sg-1', resource: group, matches: false },
    // A call without a resource is covered by nothing but `*`.
    { pattern: 'arn:aws:ec2:*:*:*', resource: '*', matches: false },
    { pattern: 'arn:aws:logs:r:1:log-group:a:*', resource: 'arn:aws:logs:r:1:log-group:a:b:c', matches: true },
  ])('says $matches for "$pattern" and "$resource"', ({ pattern, resource, matches }) => {
    expect(matchesResource(pattern, resource)).toBe(matches);
  });

  it.each(['arn:aws:ec2:*', 'ARN:aws:ec2:*:*:security-group/*', 'security-group/*', ''])(
    'refuses the pattern "%s", whose reach it does not know',
    (pattern) => {
      expect(() => matchesResource(pattern, group)).toThrow(PolicyNotUnderstoodError);
    },
  );
});
