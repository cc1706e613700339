import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { compilePattern } from '../../../../lab/services/events/pattern.ts';

const event = {
  source: 'aws.guardduty',
  'detail-type': 'GuardDuty Finding',
  resources: ['arn:one', 'arn:two'],
  detail: {
    severity: 8,
    size: 5,
    text: '5',
    yes: true,
    nothing: null,
    empty: '',
    none: [],
    hollow: {},
    type: 'Backdoor:EC2/C&CActivity.B!DNS',
    ip: '10.1.2.3',
    ip6: '2001:db8::1',
    path: String.raw`C:\fuse*`,
    'a.b': 'dotted',
    rules: [
      { port: 22, peers: ['a', 'b'], cidr: '0.0.0.0/0' },
      { port: 443, peers: ['c'], cidr: '10.0.0.0/8' },
    ],
  },
};

const matching: readonly [string, unknown][] = [
  ['an exact value', { source: ['aws.guardduty'] }],
  ['one of several values', { source: ['aws.ec2', 'aws.guardduty'] }],
  ['an element of a list', { resources: ['arn:two'] }],
  ['every field', { source: ['aws.guardduty'], detail: { severity: [8] } }],
  ['null', { detail: { nothing: [null] } }],
  ['the empty string', { detail: { empty: [''] } }],
  ['a boolean', { detail: { yes: [true] } }],
  ['a number written another way', { detail: { size: [5.0] } }],
  ['a prefix', { detail: { type: [{ prefix: 'Backdoor:' }] } }],
  ['a suffix', { detail: { type: [{ suffix: '!DNS' }] } }],
  ['a prefix in any case', { detail: { type: [{ prefix: { 'equals-ignore-case': 'BACKDOOR' } }] } }],
  ['a suffix in any case', { detail: { type: [{ suffix: { 'equals-ignore-case': '!dns' } }] } }],
  ['any case', { source: [{ 'equals-ignore-case': 'AWS.GuardDuty' }] }],
  ['a wildcard', { detail: { type: [{ wildcard: 'Backdoor:*DNS' }] } }],
  ['a wildcard in the middle and at the end', { detail: { type: [{ wildcard: '*EC2*' }] } }],
  ['an escaped star', { detail: { path: [{ wildcard: String.raw`*\\fuse\*` }] } }],
  ['anything but a value', { source: [{ 'anything-but': 'aws.ec2' }] }],
  ['anything but several', { source: [{ 'anything-but': ['aws.ec2', 'aws.s3'] }] }],
  ['anything but a number', { detail: { severity: [{ 'anything-but': [1, 2] }] } }],
  ['anything but a prefix', { source: [{ 'anything-but': { prefix: 'custom.' } }] }],
  ['anything but prefixes', { source: [{ 'anything-but': { prefix: ['custom.', 'x.'] } }] }],
  ['anything but a suffix', { source: [{ 'anything-but': { suffix: '.ec2' } }] }],
  ['anything but a wildcard', { source: [{ 'anything-but': { wildcard: '*.ec2' } }] }],
  ['anything but in any case', { source: [{ 'anything-but': { 'equals-ignore-case': ['AWS.EC2'] } }] }],
  ['anything but a prefix, at a number', { detail: { severity: [{ 'anything-but': { prefix: '8' } }] } }],
  ['a number in a range', { detail: { severity: [{ numeric: ['>=', 7, '<', 9] }] } }],
  ['a number compared once', { detail: { severity: [{ numeric: ['=', 8] }] } }],
  ['an address in a network', { detail: { ip: [{ cidr: '10.0.0.0/8' }] } }],
  ['an IPv6 address in a network', { detail: { ip6: [{ cidr: '2001:db8::/32' }] } }],
  ['a field that is there', { detail: { ip: [{ exists: true }] } }],
  ['a field that is null is there', { detail: { nothing: [{ exists: true }] } }],
  ['a field that is not there', { detail: { absent: [{ exists: false }] } }],
  ['a field below one that is not there', { detail: { absent: { below: [{ exists: false }] } } }],
  ['a structure is no leaf', { detail: { rules: [{ exists: false }] } }],
  ['not there or a value', { detail: { absent: ['x', { exists: false }] } }],
  ['a name with a dot', { detail: { 'a.b': ['dotted'] } }],
  ['either of two fields', { $or: [{ source: ['aws.ec2'] }, { detail: { severity: [8] } }] }],
  [
    'either, deep down, beside another field',
    { detail: { size: [5], $or: [{ ip: ['x'] }, { severity: [{ numeric: ['>', 7] }] }] } },
  ],
  ['fields of one element', { detail: { rules: { port: [443], cidr: ['10.0.0.0/8'] } } }],
  ['a list in an element', { detail: { rules: { port: [22], peers: ['b'] } } }],
];

const different: readonly [string, unknown][] = [
  ['another value', { source: ['aws.ec2'] }],
  ['another case', { source: ['AWS.guardduty'] }],
  ['a number for a string', { detail: { text: [5] } }],
  ['a string for a number', { detail: { size: ['5'] } }],
  ['a string for a boolean', { detail: { yes: ['true'] } }],
  ['the empty string for null', { detail: { nothing: [''] } }],
  ['null for the empty string', { detail: { empty: [null] } }],
  ['null for a missing field', { detail: { absent: [null] } }],
  ['a missing field', { detail: { absent: [{ 'anything-but': 'x' }] } }],
  ['a prefix at a number', { detail: { severity: [{ prefix: '8' }] } }],
  ['a number as text in a range', { detail: { text: [{ numeric: ['=', 5] }] } }],
  ['a number at the open end', { detail: { severity: [{ numeric: ['>', 8] }] } }],
  ['an address elsewhere', { detail: { ip: [{ cidr: '10.2.0.0/16' }] } }],
  ['text that is no address', { source: [{ cidr: '0.0.0.0/0' }] }],
  ['anything but this', { source: [{ 'anything-but': ['aws.guardduty'] }] }],
  ['anything but this prefix', { source: [{ 'anything-but': { prefix: 'aws.' } }] }],
  ['a field that should not be there', { detail: { ip: [{ exists: false }] } }],
  ['a structure asked for as a leaf', { detail: { rules: [{ exists: true }] } }],
  ['an empty list asked for as a leaf', { detail: { none: [{ exists: true }] } }],
  ['an empty structure asked for as a leaf', { detail: { hollow: [{ exists: true }] } }],
  ['a dot as a step down', { detail: { a: { b: ['dotted'] } } }],
  ['neither of two fields', { $or: [{ source: ['aws.ec2'] }, { detail: { severity: [7] } }] }],
  ['fields of two elements', { detail: { rules: { port: [22], cidr: ['10.0.0.0/8'] } } }],
  ['lists of two elements', { detail: { rules: { port: [443], peers: ['a'] } } }],
  ['a wildcard that wants more', { source: [{ wildcard: 'aws.guardduty?*' }] }],
];

const invalid: readonly [string, unknown][] = [
  ['no fields', {}],
  ['an empty structure', { detail: {} }],
  ['an empty list', { source: [] }],
  ['a bare value', { source: 'aws.ec2' }],
  ['an unknown operator', { source: [{ contains: 'x' }] }],
  ['two operators at once', { source: [{ prefix: 'a', suffix: 'b' }] }],
  ['an empty operator', { source: [{}] }],
  ['a list in a list', { source: [['a']] }],
  ['consecutive stars', { source: [{ wildcard: 'a**b' }] }],
  ['a stray escape', { source: [{ wildcard: String.raw`a\b` }] }],
  ['an escape at the end', { source: [{ wildcard: 'a\\' }] }],
  ['mixed types in anything-but', { source: [{ 'anything-but': ['a', 1] }] }],
  ['an empty anything-but', { source: [{ 'anything-but': [] }] }],
  ['booleans in anything-but', { source: [{ 'anything-but': [true] }] }],
  ['an operator that anything-but does not take', { source: [{ 'anything-but': { numeric: ['=', 1] } }] }],
  ['numbers beyond five billion', { detail: { severity: [{ numeric: ['<', 5_000_000_001] }] } }],
  ['a range upside down', { detail: { severity: [{ numeric: ['>', 9, '<', 7] }] } }],
  ['a range of two lower ends', { detail: { severity: [{ numeric: ['>', 1, '>', 2] }] } }],
  ['three comparisons', { detail: { severity: [{ numeric: ['>', 1, '<', 2, '<', 3] }] } }],
  ['a comparison with text', { detail: { severity: [{ numeric: ['>', '1'] }] } }],
  ['an unknown comparison', { detail: { severity: [{ numeric: ['!=', 1] }] } }],
  ['a network without bits', { detail: { ip: [{ cidr: '10.0.0.0' }] } }],
  ['a network with too many bits', { detail: { ip: [{ cidr: '10.0.0.0/33' }] } }],
  ['exists with text', { detail: { ip: [{ exists: 'true' }] } }],
  ['a prefix that is no text', { source: [{ prefix: 5 }] }],
  ['more than 2048 characters', { source: ['x'.repeat(2048)] }],
  ['an $or of one', { $or: [{ source: ['a'] }] }],
];

describe('event pattern', () => {
  it.each(matching)('matches %s', (_, pattern) => {
    expect(compilePattern(pattern)(event)).toBe(true);
  });

  it.each(different)('does not match %s', (_, pattern) => {
    expect(compilePattern(pattern)(event)).toBe(false);
  });

  it.each(invalid)('is refused with %s', (_, pattern) => {
    expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ code: 'InvalidEventPatternException' }));
  });

  it('reads $or as the name of a field when it does not stand before alternatives', () => {
    expect(compilePattern({ $or: ['a', 'b'] })({ $or: 'b' })).toBe(true);
  });

  it('takes either an exact value or anything but it, never both, at any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (wanted, value) => {
        const exact = compilePattern({ field: [wanted] })({ field: value });
        const other = compilePattern({ field: [{ 'anything-but': wanted }] })({ field: value });
        expect([exact, other]).toEqual([value === wanted, value !== wanted]);
      }),
    );
  });

  it('takes a wildcard in which every special character is escaped as the text itself', () => {
    const text = fc.string({ unit: fc.constantFrom('*', '\\', '.', '(', '[', '$', 'a', '/', '+') });
    fc.assert(
      fc.property(text, text, (wanted, value) => {
        const escaped = wanted.replaceAll(/[*\\]/g, String.raw`\$&`);
        expect(compilePattern({ field: [{ wildcard: escaped }] })({ field: value })).toBe(value === wanted);
      }),
    );
  });
});
