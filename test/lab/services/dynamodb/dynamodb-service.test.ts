import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoDbService } from '../../../../lab/services/dynamodb/dynamodb-service.ts';
import { startGateway } from '../../../../lab/services/gateway.ts';
import type { Gateway } from '../../../../lab/services/gateway.ts';
import { toClientConfig } from '../client-config.ts';

const TableName = 'audit';

describe('DynamoDB', () => {
  let gateway: Gateway;
  let client: DynamoDBClient;

  beforeAll(async () => {
    const dynamodb = new DynamoDbService('123456789012', 'eu-central-1');
    await dynamodb.addTable({
      tableName: TableName,
      attributeDefinitions: ['pk', 'sk', 'gsi1pk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      keySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      globalSecondaryIndexes: [
        {
          IndexName: 'by-time',
          KeySchema: [{ AttributeName: 'gsi1pk', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecovery: true,
    });
    gateway = await startGateway([dynamodb]);
    client = new DynamoDBClient(toClientConfig({ url: gateway.url, region: 'eu-central-1' }));
  });
  afterAll(async () => await gateway.stop());

  const put = async (pk: string, value: string, changes: object = {}) =>
    await client.send(
      new PutItemCommand({
        TableName,
        Item: { pk: { S: pk }, sk: { S: 'x' }, gsi1pk: { S: 'all' }, value: { S: value } },
        ConditionExpression: 'attribute_not_exists(pk)',
        ...changes,
      }),
    );

  it('settles a race between conditional puts: one wins, all others hear with what', async () => {
    const puts = Array.from(
      { length: 8 },
      async (_, index) => await put('race', String(index), { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    );

    const results = await Promise.allSettled(puts);

    const losers = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    expect(losers).toHaveLength(7);
    expect(losers.every((loser) => loser instanceof ConditionalCheckFailedException)).toBe(true);
    expect(losers.map((loser) => (loser as ConditionalCheckFailedException).Item?.value)).toEqual(
      Array.from({ length: 7 }, () => ({ S: String(winner) })),
    );
  });

  it('never lets a write come between a failed condition and the item it failed on', async () => {
    await put('between', 'first');
    const Key = { pk: { S: 'between' }, sk: { S: 'x' } };
    const putAgain = async (): Promise<unknown> =>
      await put('between', 'again', { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }).catch(
        (error: unknown) => error,
      );
    const remove = async (): Promise<unknown> => await client.send(new DeleteItemCommand({ TableName, Key }));

    const results = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => await (index % 2 === 0 ? putAgain() : remove())),
    );

    const failures = results.filter((result) => result instanceof ConditionalCheckFailedException);
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.every(({ Item }) => Item?.pk?.S === 'between')).toBe(true);
  });

  it('gives the old item to a failed update and delete only when asked', async () => {
    await put('old', 'one');
    const Key = { pk: { S: 'old' }, sk: { S: 'x' } };
    const condition = {
      ConditionExpression: '#v = :v',
      ExpressionAttributeNames: { '#v': 'value' },
      ExpressionAttributeValues: { ':v': { S: 'two' } },
    };
    const update = new UpdateItemCommand({
      TableName,
      Key,
      ...condition,
      UpdateExpression: 'SET #v = :v',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });

    await expect(client.send(update)).rejects.toMatchObject({ Item: { value: { S: 'one' } } });
    await expect(client.send(new DeleteItemCommand({ TableName, Key, ...condition }))).rejects.not.toHaveProperty(
      'Item.value',
    );
  });

  it('queries an index', async () => {
    await put('indexed', 'one');

    const { Items } = await client.send(
      new QueryCommand({
        TableName,
        IndexName: 'by-time',
        KeyConditionExpression: 'gsi1pk = :all',
        ExpressionAttributeValues: { ':all': { S: 'all' } },
      }),
    );

    expect(Items?.map(({ pk }) => pk?.S)).toContain('indexed');
  });

  it("describes the table with ARNs of the lab's account", async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));

    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      TableArn: 'arn:aws:dynamodb:eu-central-1:123456789012:table/audit',
      GlobalSecondaryIndexes: [{ IndexArn: 'arn:aws:dynamodb:eu-central-1:123456789012:table/audit/index/by-time' }],
    });
  });

  it('answers for expiry and backups what the table was made with', async () => {
    const ttl = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    const backups = await client.send(new DescribeContinuousBackupsCommand({ TableName }));

    expect(ttl.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
    expect(backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe(
      'ENABLED',
    );
  });

  it('refuses transactions', async () => {
    const transact = client.send(
      new TransactWriteItemsCommand({
        TransactItems: [{ Delete: { TableName, Key: { pk: { S: 'a' }, sk: { S: 'x' } } } }],
      }),
    );

    await expect(transact).rejects.toMatchObject({ name: 'UnsupportedOperation' });
  });

  it('keeps the errors of DynamoDB', async () => {
    await expect(client.send(new DescribeTableCommand({ TableName: 'absent' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(put('', 'empty key')).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
