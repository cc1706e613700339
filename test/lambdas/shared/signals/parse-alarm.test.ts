import { describe, expect, it } from 'vitest';
import type { Signal } from '../../../../lambdas/shared/contracts/signal.ts';
import { parseEvent } from '../../../../lambdas/shared/signals/parse-event.ts';
import { readFixture, withValue } from '../../../builders/events.ts';

function signalOf(event: unknown): Signal {
  const parsed = parseEvent(event);
  if (parsed.kind !== 'signal') throw new Error(`Expected a signal, got ignored: ${parsed.reason}`);
  return parsed.signal;
}

describe('parseEvent of a CloudWatch alarm', () => {
  it('reads a CPU alarm with what it proves', () => {
    expect(signalOf(readFixture('alarm-cpu'))).toMatchObject({
      source: 'cloudwatch',
      kind: 'overload',
      name: 'desk-cpu',
      identity: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:desk-cpu#2026-05-06T07:05:10.321Z',
      servers: ['i-0b0c0d0e0f00000c1'],
      resource: null,
      severity: null,
      measure: { value: 91.5, limit: 90, unit: '%', seconds: 300 },
      occurredAt: '2026-05-06T07:05:10.321Z',
    });
  });

  it('reads metric math: its servers, but no meaning', () => {
    expect(signalOf(readFixture('alarm-metric-math'))).toMatchObject({
      kind: 'other-alarm',
      servers: ['i-0b0c0d0e0f00000c1'],
    });
  });

  it('reads the child alarms of a composite alarm from the text of its reasonData', () => {
    expect(signalOf(readFixture('alarm-composite'))).toMatchObject({
      kind: 'other-alarm',
      servers: [],
      resource: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:desk-degraded',
      childAlarms: [
        'arn:aws:cloudwatch:us-east-1:123456789012:alarm:desk-cpu',
        'arn:aws:cloudwatch:us-east-1:123456789012:alarm:desk:traffic',
      ],
    });
  });

  it('reads a contributor: its server, its own identity, and what its sentence proves', () => {
    expect(signalOf(readFixture('alarm-contributor'))).toMatchObject({
      kind: 'overload',
      servers: ['i-0b0c0d0e0f00000c2'],
      identity: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:fleet-cpu#2026-05-06T07:05:13.000Z#c0ffee0000000001',
      childAlarms: [],
      measure: { value: 90, limit: 90, unit: '%', seconds: 300 },
    });
  });

  it.each([
    ['ClockOffset', 'clock-offset', 'ms'],
    ['TimeDifference', 'time-difference', 's'],
    ['AbnormalOrders', 'abnormal-orders', 'orders'],
    ['NightLogin', 'night-login', 'logins'],
    ['BusinessOutage', 'business-outage', 'outages'],
    ['ColdStart', 'other-alarm', ''],
  ])('gives our own metric %s the meaning %s', (name, kind, unit) => {
    const metric = { namespace: 'ConnectionFuse', name, dimensions: { InstanceId: 'i-1' } };
    const path = 'detail.configuration.metrics.0.metricStat.metric';

    expect(signalOf(withValue(readFixture('alarm-cpu'), path, metric))).toMatchObject({ kind, measure: { unit } });
  });

  it.each([
    ['AWS/RDS', 'CPUUtilization'],
    ['AWS/EC2', 'NetworkIn'],
  ])('gives %s %s no meaning of its own', (namespace, name) => {
    const path = 'detail.configuration.metrics.0.metricStat.metric';
    const event = withValue(readFixture('alarm-cpu'), path, { namespace, name, dimensions: {} });

    expect(signalOf(event)).toMatchObject({ kind: 'other-alarm', servers: [] });
  });

  it.each([
    ['detail.state.value', 'OK', 'Alarm state is OK'],
    ['detail.state.value', 'INSUFFICIENT_DATA', 'Alarm state is INSUFFICIENT_DATA'],
    ['detail.muteDetail', { mutedByArn: 'arn:x' }, 'Alarm is muted'],
    ['detail.state.actionsSuppressedBy', 'WaitPeriod', 'Alarm is suppressed by WaitPeriod'],
    ['detail-type', 'CloudWatch Alarm Configuration Change', 'A changed alarm configuration is no alarm'],
  ])('ignores %s = %j', (path, value, reason) => {
    expect(parseEvent(withValue(readFixture('alarm-cpu'), path, value))).toMatchObject({ kind: 'ignored', reason });
  });

  it('ignores the parent of a grouped alarm, whose contributors report themselves', () => {
    const event = withValue(readFixture('alarm-contributor'), 'detail-type', 'CloudWatch Alarm State Change');

    expect(parseEvent(withValue(event, 'detail.alarmContributor', undefined))).toMatchObject({
      kind: 'ignored',
      reason: 'The contributors of a grouped alarm report themselves',
    });
  });

  it.each([
    ['alarm-cpu', 'detail.state.value', 'LOUD', 'state.value: must be one of ALARM, OK, INSUFFICIENT_DATA'],
    ['alarm-cpu', 'detail.state.timestamp', 'today', 'detail.state.timestamp: must be a time, got "today"'],
    ['alarm-cpu', 'detail.alarmName', undefined, 'alarmName: must be string'],
    ['alarm-cpu', 'resources', [], 'resources.0: must be the ARN of the alarm'],
    ['alarm-cpu', 'account', undefined, 'account: must be string'],
    [
      'alarm-cpu',
      'detail.configuration.metrics.0.metricStat.metric.dimensions.InstanceId',
      'web-1',
      'must be an instance id',
    ],
    ['alarm-contributor', 'detail.alarmContributor.attributes.InstanceId', 5, 'must be an instance id "i-…", got 5'],
    ['alarm-composite', 'detail.state.reasonData', 'no json', 'must be JSON that names the triggering alarms'],
    ['alarm-composite', 'detail.state.reasonData', '{}', 'triggeringAlarms: must be array'],
  ])('refuses %s with %s = %j', (name, path, value, message) => {
    const event = withValue(readFixture(name), path, value);

    expect(() => parseEvent(event)).toThrow(message);
    expect(() => parseEvent(event)).toThrow(expect.objectContaining({ name: 'SignalRejectedError' }));
  });
});
