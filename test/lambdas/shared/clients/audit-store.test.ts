import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClock } from '../../../../cli/commands/audit/clock-faults.ts';
import { fromAttributes } from '../../../../lambdas/shared/clients/audit-item.ts';
import type { AuditItem } from '../../../../lambdas/shared/clients/audit-item.ts';
import { AuditStore } from '../../../../lambdas/shared/clients/audit-store.ts';
import { clientOptions } from '../../../../lambdas/shared/clients/client-options.ts';

type Put = { readonly Item: Parameters<typeof fromAttributes>[0]; readonly ConditionExpression?: string };

/** Less than the five minutes from which on the SDK repeats a call that failed. */
const aheadMs = 120_000;

/** A table that says of every item that it is there, on a clock ahead of ours. */
describe('AuditStore', () => {
  const puts: Put[] = [];
  const server = createServer((request, response) => {
    response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      puts.push(JSON.parse(Buffer.concat(chunks).toString()) as Put);
      response.end('{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no"}');
    });
  });
  let client: DynamoDBClient;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: 'AKIALAB', secretAccessKey: 'lab' };
    client = new DynamoDBClient({ ...clientOptions, endpoint, region: 'us-east-1', credentials });
  });

  afterAll(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });

  it('puts the clock into every item as far as it is known, learns it from any answer, and asks for nothing more', async () => {
    const store = new AuditStore(client, 'audit');

    const results = [
      await store.put({ pk: 'a', sk: '1' }),
      await store.put({ pk: 'a', sk: '2' }),
      await store.put({ pk: 'a', sk: '3', clock: { offsetMs: 7, withinMs: 8 } }),
    ];

    const items: AuditItem[] = puts.map(({ Item }) => fromAttributes(Item));
    const { offsetMs = NaN, withinMs = NaN } = readClock(items[1] as AuditItem) ?? {};
    expect(results).toEqual(['existing', 'existing', 'existing']);
    expect(puts.map(({ ConditionExpression }) => ConditionExpression)).toEqual(
      puts.map(() => 'attribute_not_exists(pk)'),
    );
    expect(items[0]).toEqual({ pk: 'a', sk: '1', clock: null });
    expect(Math.abs(offsetMs - aheadMs)).toBeLessThanOrEqual(withinMs);
    expect(items[2]?.['clock']).toEqual({ offsetMs: 7, withinMs: 8 });
    expect(items).toHaveLength(3);
  });
});
