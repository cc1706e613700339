import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignalRejectedError } from '../../../../lambdas/shared/errors.ts';
import { SignalSchema } from '../../../../lambdas/shared/contracts/signal.ts';
import { parseEvent } from '../../../../lambdas/shared/signals/parse-event.ts';
import { toEnvelope } from '../../../../lambdas/shared/signals/envelope.ts';
import { findingOf, readFixture, withPascalDetail, withValue, type JsonObject } from '../../../builders/events.ts';

const fixtures = [
  'alarm-composite',
  'alarm-contributor',
  'alarm-cpu',
  'alarm-metric-math',
  'console-sign-in',
  'guardduty-attack-sequence',
  'guardduty-brute-force',
  'guardduty-command-and-control',
  'guardduty-malicious-file',
  'guardduty-port-probe',
  'manual-trip',
  'sensor-clock-offset',
];

/** Parses; anything but a result or our own error fails the test. */
function parseOrRefuse(event: unknown): 'parsed' | 'refused' {
  try {
    const parsed = parseEvent(event);
    if (parsed.kind === 'signal') SignalSchema.parse(parsed.signal);
    return 'parsed';
  } catch (error) {
    if (error instanceof SignalRejectedError) return 'refused';
    throw error;
  }
}

/** Dotted paths of every value in an event. */
function pathsOf(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null) return [prefix];
  const own = prefix === '' ? [] : [prefix];
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, prefix === '' ? key : `${prefix}.${key}`)),
  ];
}

describe('parseEvent', () => {
  it.each(fixtures)('reads %s', (name) => {
    expect(parseOrRefuse(readFixture(name))).toBe('parsed');
  });

  it('parses or refuses any JSON, and never fails in another way', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (event) => {
        expect(['parsed', 'refused']).toContain(parseOrRefuse(event));
      }),
    );
  });

  it('parses or refuses an event with any value at any place', () => {
    const anyPlace = fc
      .constantFrom(...fixtures)
      .chain((name) => fc.constantFrom(...pathsOf(readFixture(name))).map((path) => ({ name, path })));

    fc.assert(
      fc.property(anyPlace, fc.jsonValue({ maxDepth: 2 }), ({ name, path }, value) => {
        expect(['parsed', 'refused']).toContain(parseOrRefuse(withValue(readFixture(name), path, value)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['sensor-clock-offset', 'detail.value', 1.7e305],
    ['sensor-clock-offset', 'detail.limit', -1.7e305],
    ['sensor-clock-offset', 'detail.value', 1e16],
  ])('refuses a number that no sensor measures: %s %s %d', (name, path, value) => {
    expect(parseOrRefuse(withValue(readFixture(name), path, value))).toBe('refused');
  });

  it('reads a finding alike in camelCase and PascalCase, whatever its numbers and addresses', () => {
    const finding = fc.record({
      name: fc.constantFrom('guardduty-command-and-control', 'guardduty-brute-force', 'guardduty-malicious-file'),
      severity: fc.double({ min: 1, max: 10, noNaN: true }),
      address: fc.ipV4(),
    });

    fc.assert(
      fc.property(finding, ({ name, severity, address }) => {
        const path = 'detail.service.action.networkConnectionAction.remoteIpDetails.ipAddressV4';
        const event = withValue(withValue(readFixture(name), 'detail.severity', severity), path, address);

        expect(parseEvent(withPascalDetail(event))).toEqual(parseEvent(event));
      }),
    );
  });

  it('refuses what is nested too deeply to be read', () => {
    const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));

    expect(() => parseEvent({ source: 'x', detail: deep })).toThrow('must be nested at most 64 levels');
  });

  it('takes a key named __proto__ for a key', () => {
    const event = JSON.parse('{"__proto__":{"fuse":"trip"},"id":"x"}') as JsonObject;

    expect(parseOrRefuse(event)).toBe('refused');
  });

  it.each([
    [null, '(root): must be an object, got null'],
    [[], '(root): must be an object, got []'],
    [{}, '(root): must be an EventBridge event, a GuardDuty finding, a CloudTrail record or a manual start'],
    [{ source: 'aws.ec2' }, 'detail-type: must be string, got nothing'],
    [{ source: 'aws.new', 'detail-type': 'News' }, 'detail-type: must be a known event type, got "aws.new / News"'],
    [{ source: 'aws.guardduty', 'detail-type': 'GuardDuty Finding' }, 'detail: must be an object'],
    [{ source: 'my.app', 'detail-type': 'GuardDuty Finding', detail: {} }, 'must be a known event type'],
    [{ source: 'my.app', 'detail-type': 'AWS API Call via CloudTrail' }, 'must be a known event type'],
  ])('refuses %j', (event, message) => {
    expect(() => parseEvent(event)).toThrow(message);
    expect(() => parseEvent(event)).toThrow(SignalRejectedError);
  });

  it.each([
    ['aws.ssm', 'EC2 Command Invocation Status-change Notification'],
    ['aws.autoscaling', 'EC2 Instance-terminate Lifecycle Action'],
    ['aws.signin', 'AWS Console Sign In via CloudTrail'],
    ['aws.ec2', 'EC2 Instance State-change Notification'],
    ['aws.health', 'AWS Health Event'],
    ['aws.states', 'Step Functions Execution Status Change'],
    ['aws.iam', 'AWS API Call via CloudTrail'],
    ['aws.guardduty', 'GuardDuty Malware Protection Object Scan Result'],
  ])('ignores %s "%s" with a reason, whatever its detail', (source, detailType) => {
    const parsed = parseEvent({ source, 'detail-type': detailType });

    expect(parsed).toEqual({ kind: 'ignored', name: detailType, reason: expect.stringMatching(/\w/) });
  });

  it('ignores a bare CloudTrail record', () => {
    expect(parseEvent(findingOf(readFixture('console-sign-in')))).toMatchObject({
      kind: 'ignored',
      name: 'ConsoleLogin',
    });
  });
});

describe('toEnvelope', () => {
  it('wraps a bare finding as EventBridge would and leaves other events alone', () => {
    const event = readFixture('guardduty-port-probe');
    const pascal = findingOf(withPascalDetail(event));

    expect(toEnvelope(pascal)).toMatchObject({
      source: 'aws.guardduty',
      account: '123456789012',
      detail: event['detail'],
    });
    expect(toEnvelope(event)).toBe(event);
  });
});
