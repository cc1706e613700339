import { describe, expect, it } from 'vitest';
import { toBusEvent } from '../../../../lab/services/events/event.ts';
import { checkTargetInput, toTargetInput } from '../../../../lab/services/events/target-input.ts';

const seed = {
  id: 'e-1',
  source: 'aws.ec2',
  'detail-type': 'State',
  time: '2026-11-23T01:00:00Z',
  detail: { 'instance-id': 'i-1', state: 'a "quoted" word', list: [{ port: 22 }, { port: 80 }], count: 3 },
};
const event = toBusEvent(seed, '123456789012', 'us-east-1');
const rule = { ruleName: 'fuse', ruleArn: 'arn:rule' };

const transform = (inputTemplate: string, inputPathsMap: Readonly<Record<string, string>> = {}): string =>
  toTargetInput({ inputTransformer: { inputTemplate, inputPathsMap } }, event, rule);

describe('target input', () => {
  it('is the whole event, a constant, or a part of the event', () => {
    expect(JSON.parse(toTargetInput({}, event, rule))).toEqual(event);
    expect(toTargetInput({ input: '{"a":1}' }, event, rule)).toBe('{"a":1}');
    expect(toTargetInput({ inputPath: '$.detail' }, event, rule)).toBe(JSON.stringify(event.detail));
  });

  it.each([
    ['a text as JSON', '{"id":<id>}', { id: '$.detail.instance-id' }, { id: 'i-1' }],
    ['a number as JSON', '{"n":<n>}', { n: '$.detail.count' }, { n: 3 }],
    ['a structure as JSON', '{"d":<d>}', { d: '$.detail.list[1]' }, { d: { port: 80 } }],
    ['text inside quotes', '{"t":"on <id>"}', { id: '$.detail.instance-id' }, { t: 'on i-1' }],
    ['quotes inside quotes', '{"t":"is <s>"}', { s: '$.detail.state' }, { t: 'is a "quoted" word' }],
    ['an escaped quote before it', String.raw`{"t":"\"<id>"}`, { id: '$.detail.instance-id' }, { t: '"i-1' }],
    ['a missing path as null', '{"x":<x>}', { x: '$.detail.absent.below' }, { x: null }],
    ['a missing path inside quotes as nothing', '{"x":"<x>"}', { x: '$.detail.absent' }, { x: '' }],
    ['the event', '{"e":<aws.events.event.json>}', {}, { e: event }],
    ['the name of the rule', '{"r":"<aws.events.rule-name>"}', {}, { r: 'fuse' }],
  ])('has %s in a template', (_, template, paths, expected) => {
    expect(JSON.parse(transform(template, paths as Record<string, string>))).toEqual(expected);
  });

  it('leaves the detail out of the reserved event', () => {
    expect(JSON.parse(transform('{"e":<aws.events.event>}'))).not.toHaveProperty('e.detail');
  });

  it('refuses a template that names what it has no path for', () => {
    expect(() => transform('{"x":<x>}')).toThrow("the template names 'x'");
  });

  it.each([
    ['two kinds of input', { input: '{}', inputPath: '$' }],
    ['a reserved name', { inputTransformer: { inputTemplate: '', inputPathsMap: { 'aws.mine': '$.id' } } }],
    ['brackets in a path', { inputPath: "$['detail']" }],
    [
      '101 paths',
      {
        inputTransformer: {
          inputTemplate: '',
          inputPathsMap: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`p${i}`, '$.id'])),
        },
      },
    ],
  ])('is refused with %s', (_, target) => {
    expect(() => checkTargetInput(target)).toThrow('Target is not valid');
  });
});
