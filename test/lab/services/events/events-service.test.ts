import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deliver } from '../../../../lab/services/events/delivery.ts';
import { EventsService } from '../../../../lab/services/events/events-service.ts';
import type { RuleSeed } from '../../../../lab/services/events/rule.ts';
import { startGateway } from '../../../../lab/services/gateway.ts';
import type { Gateway } from '../../../../lab/services/gateway.ts';
import { ServiceError } from '../../../../lab/services/wire/service-error.ts';
import { toClientConfig } from '../client-config.ts';

const queueArn = 'arn:aws:sqs:us-east-1:123456789012:target';
const deadLetterArn = 'arn:aws:sqs:us-east-1:123456789012:dead';
const rule: RuleSeed = {
  name: 'fuse',
  arn: 'arn:aws:events:us-east-1:123456789012:rule/fuse',
  pattern: { source: ['app'] },
  targets: [{ id: 'T', arn: queueArn }],
};

describe('EventBridge', () => {
  let events: EventsService;
  let gateway: Gateway;
  let client: EventBridgeClient;
  let delivered: string[];
  let dead: { readonly queueArn: string; readonly attributes: Readonly<Record<string, string>> }[];
  let deliver: Deliver;

  beforeEach(async () => {
    [delivered, dead] = [[], []];
    deliver = async ({ input }) => await Promise.resolve(void delivered.push(input));
    events = new EventsService({
      accountId: '123456789012',
      region: 'us-east-1',
      deliverTo: { sqs: async (delivery) => await deliver(delivery) },
      sendToDeadLetters: async (to, _, attributes) =>
        await Promise.resolve(void dead.push({ queueArn: to, attributes })),
      retryDelayMs: () => 1,
    });
    gateway = await startGateway([events]);
    client = new EventBridgeClient(toClientConfig({ url: gateway.url, region: 'us-east-1' }));
  });
  afterEach(async () => await gateway.stop());

  const put = async (...Entries: object[]) => {
    const answer = await client.send(new PutEventsCommand({ Entries }));
    await events.whenIdle();
    return answer;
  };
  const entry = { Source: 'app', DetailType: 'Trip', Detail: '{"a":1}' };

  it('delivers an event that matches, with the envelope of the bus', async () => {
    events.addRule(rule);

    const { Entries, FailedEntryCount } = await put({
      ...entry,
      Time: new Date('2026-11-23T01:02:03.456Z'),
      Resources: ['arn:r'],
    });

    expect(FailedEntryCount).toBe(0);
    expect(delivered.map((text) => JSON.parse(text) as unknown)).toEqual([
      {
        version: '0',
        id: Entries?.[0]?.EventId,
        'detail-type': 'Trip',
        source: 'app',
        account: '123456789012',
        time: '2026-11-23T01:02:03Z',
        region: 'us-east-1',
        resources: ['arn:r'],
        detail: { a: 1 },
      },
    ]);
  });

  it('keeps buses apart, and disabled rules quiet', async () => {
    events.addBus('fuse');
    events.addRule({ ...rule, busName: 'fuse' });
    events.addRule({ ...rule, arn: `${rule.arn}-2`, isEnabled: false });

    await put(entry, {
      ...entry,
      EventBusName: 'arn:aws:events:us-east-1:123456789012:event-bus/fuse',
      Detail: '{"a":2}',
    });

    expect(delivered.map((text) => (JSON.parse(text) as { readonly detail: unknown }).detail)).toEqual([{ a: 2 }]);
  });

  it.each([
    ['the name of an AWS service', { ...entry, Source: 'aws.guardduty' }, 'NotAuthorizedForSourceException'],
    ['an unknown bus', { ...entry, EventBusName: 'absent' }, 'ResourceNotFoundException'],
    ['a detail that is no JSON', { ...entry, Detail: '{' }, 'MalformedDetail'],
    ['a detail that is a list', { ...entry, Detail: '[]' }, 'MalformedDetail'],
    ['no source', { DetailType: 'Trip', Detail: '{}' }, 'InvalidArgument'],
  ])('refuses an entry with %s and takes the others', async (_, bad, code) => {
    const answer = await put(bad, entry);

    expect(answer).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: code }, { EventId: expect.any(String) }],
    });
    expect(events.events).toHaveLength(1);
  });

  it('refuses eleven entries and 256 KB', async () => {
    const big = { ...entry, Detail: JSON.stringify({ text: 'x'.repeat(262_144) }) };

    await expect(put(...Array.from({ length: 11 }, () => entry))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(put(big)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(events.events).toEqual([]);
  });

  it('tries again what a target throttles', async () => {
    let attempts = 0;
    deliver = async () => {
      attempts += 1;
      if (attempts < 3) throw new ServiceError('ThrottlingException', 'slow');
      return await Promise.resolve();
    };
    events.addRule(rule);

    await put(entry);

    expect(attempts).toBe(3);
    expect(events.dropped).toEqual([]);
  });

  it.each([
    ['a target that is gone, at once', new ServiceError('QueueDoesNotExist', 'gone'), 1, {}],
    [
      'a target that stays busy, after its retries',
      new ServiceError('ThrottlingException', 'slow'),
      3,
      { EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts' },
    ],
  ])('gives the dead-letter queue the event for %s', async (_, error, attempts, attributes) => {
    let count = 0;
    deliver = async () => {
      count += 1;
      return await Promise.reject(error);
    };
    events.addRule({ ...rule, targets: [{ id: 'T', arn: queueArn, deadLetterArn, maximumRetryAttempts: 2 }] });

    await put(entry);

    expect(count).toBe(attempts);
    expect(dead).toEqual([
      {
        queueArn: deadLetterArn,
        attributes: {
          RULE_ARN: rule.arn,
          TARGET_ARN: queueArn,
          ERROR_CODE: error.code,
          ERROR_MESSAGE: error.message,
          RETRY_ATTEMPTS: String(attempts - 1),
          ...attributes,
        },
      },
    ]);
  });

  it('gives up before the event would be too old', async () => {
    deliver = async () => await Promise.reject(new ServiceError('ThrottlingException', 'slow'));
    events.addRule({ ...rule, targets: [{ id: 'T', arn: queueArn, deadLetterArn, maximumEventAgeSeconds: 0 }] });

    await put(entry);

    expect(dead).toMatchObject([
      { attributes: { EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds', RETRY_ATTEMPTS: '0' } },
    ]);
  });

  it('remembers what it dropped when there is no dead-letter queue', async () => {
    events.addRule({ ...rule, targets: [{ id: 'T', arn: 'arn:aws:kinesis:us-east-1:1:stream/s' }] });

    await put(entry);

    expect(events.dropped).toMatchObject([
      { ruleName: 'fuse', reason: expect.stringContaining('UnsupportedOperation') },
    ]);
  });

  it('fires a schedule as often as it comes due, the earliest first, and none by itself', async () => {
    const every = (name: string, scheduleExpression: string) => ({
      ...rule,
      name,
      arn: `${rule.arn}-${name}`,
      pattern: undefined,
      scheduleExpression,
      targets: [{ id: 'T', arn: queueArn, input: `{"by":"${name}"}` }],
    });
    events.addRule(every('slow', 'rate(3 minutes)'));
    events.addRule(every('fast', 'rate(2 minutes)'));
    events.addRule({ ...every('off', 'rate(1 minute)'), isEnabled: false });

    const fired = [60_000, 60_000, 180_000].map((passed) => events.fireSchedules(passed).length);
    await events.whenIdle();

    expect(fired).toEqual([0, 1, 2]);
    // The third one of the two is due in another minute.
    expect(events.untilNextScheduleMs).toBe(60_000);
    expect(delivered.map((text) => JSON.parse(text) as unknown)).toEqual(
      ['fast', 'slow', 'fast'].map((by) => ({ by })),
    );
    expect(events.events).toEqual([]);
  });

  it.each([
    ['neither pattern nor schedule', { ...rule, pattern: undefined }],
    ['six targets', { ...rule, targets: Array.from({ length: 6 }, (_, i) => ({ id: `${i}`, arn: queueArn })) }],
    ['an unknown bus', { ...rule, busName: 'absent' }],
    ['a schedule on another bus', { ...rule, busName: 'fuse', scheduleExpression: 'rate(1 day)' }],
  ])('refuses a rule with %s', (_, seed) => {
    expect(() => events.addRule(seed)).toThrow(/Rule 'fuse'|rule 'fuse'|only on the default event bus/);
  });

  it.each(['rate(1 minutes)', 'rate(5 minute)', 'rate(0 minutes)', 'rate(5 weeks)', 'cron(0 9 * * ? *)', '5 minutes'])(
    'refuses the schedule %s',
    (scheduleExpression) => {
      expect(() => events.addRule({ ...rule, pattern: undefined, scheduleExpression })).toThrow(/ScheduleExpression/);
    },
  );
});
