import {
  DeleteItemCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type {
  AttributeValue,
  PutItemCommandInput,
  QueryCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Clients } from '../clients.ts';
import type { Step } from './step.ts';

/** The table of the product's shape: `pk`, `sk` and the index `by-time` over `gsi1pk`, `gsi1sk`. */
export const tableName = 'audit-table';

type Key = Readonly<Record<string, AttributeValue>>;

const key = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
const put =
  (item: Key, more: Partial<PutItemCommandInput> = {}): Step<void>['run'] =>
  async ({ dynamodb }) =>
    (await dynamodb.send(new PutItemCommand({ TableName: tableName, Item: item, ...more }))).Attributes ?? {};
const query =
  (more: Partial<QueryCommandInput>): Step<void>['run'] =>
  async ({ dynamodb }) => {
    const {
      Items = [],
      Count,
      ScannedCount,
      LastEvaluatedKey = null,
    } = await dynamodb.send(new QueryCommand({ TableName: tableName, ...more }));
    return { sks: Items.map(({ sk }) => sk?.S), Count, ScannedCount, LastEvaluatedKey };
  };
const update =
  (item: Key, more: Partial<UpdateItemCommandInput>): Step<void>['run'] =>
  async ({ dynamodb }) =>
    (await dynamodb.send(new UpdateItemCommand({ TableName: tableName, Key: item, ...more }))).Attributes ?? {};

const onlyNew = { ConditionExpression: 'attribute_not_exists(pk)' };
const byPartition = {
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': { S: 'incident#1' } },
};

/** What the audit table is asked, and what it must refuse. */
export const dynamodbSteps: readonly Step<void>[] = [
  {
    name: 'a conditional put of a new item',
    run: put({ ...key('incident#1', 'opened#01'), note: { S: 'first' } }, onlyNew),
  },
  {
    name: 'a conditional put of an item that is there',
    run: put({ ...key('incident#1', 'opened#01'), note: { S: 'second' } }, onlyNew),
  },
  { name: 'the old item that a failed condition answers', run: async (clients) => await readFailedItem(clients) },
  {
    name: 'the item is as the first put left it',
    run: async (clients) => (await get(clients, 'opened#01'))?.['note'] ?? null,
  },
  { name: 'a get of an item that is not there', run: async (clients) => (await get(clients, 'nothing')) ?? null },
  {
    name: 'a put that answers the old item',
    run: put({ ...key('incident#1', 'opened#01'), note: { S: 'third' } }, { ReturnValues: 'ALL_OLD' }),
  },
  ...[1, 2, 3, 4, 5].map((number) => ({
    name: `a put of step ${number}`,
    run: put({
      ...key('incident#1', `action#${number}`),
      gsi1pk: { S: 'incidents' },
      gsi1sk: { S: `2026-01-0${6 - number}` },
    }),
  })),
  { name: 'a query of a partition, in the order of the sort key', run: query(byPartition) },
  { name: 'a query backwards', run: query({ ...byPartition, ScanIndexForward: false }) },
  {
    name: 'a query by the beginning of the sort key',
    run: query({
      KeyConditionExpression: 'pk = :pk and begins_with(sk, :sk)',
      ExpressionAttributeValues: { ':pk': { S: 'incident#1' }, ':sk': { S: 'action#' } },
    }),
  },
  { name: 'the first page of a query', run: query({ ...byPartition, Limit: 2 }) },
  {
    name: 'the next page of a query',
    run: query({ ...byPartition, Limit: 2, ExclusiveStartKey: key('incident#1', 'action#2') }),
  },
  { name: 'the last page of a query, exactly full', run: query({ ...byPartition, Limit: 6 }) },
  {
    name: 'a query of an index, newest first',
    run: query({
      IndexName: 'by-time',
      ScanIndexForward: false,
      Limit: 2,
      KeyConditionExpression: 'gsi1pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'incidents' } },
    }),
  },
  {
    name: 'a consistent query of a global index',
    run: query({
      IndexName: 'by-time',
      ConsistentRead: true,
      KeyConditionExpression: 'gsi1pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'incidents' } },
    }),
  },
  { name: 'a query of an index that is not there', run: query({ ...byPartition, IndexName: 'by-name' }) },
  {
    name: 'a query without its partition key',
    run: query({ KeyConditionExpression: 'sk = :sk', ExpressionAttributeValues: { ':sk': { S: 'x' } } }),
  },
  {
    name: 'a query with a value that nothing uses',
    run: query({ ...byPartition, ExpressionAttributeValues: { ':pk': { S: 'incident#1' }, ':more': { S: 'x' } } }),
  },
  {
    name: 'a query with a filter counts what it read',
    run: query({ ...byPartition, FilterExpression: 'attribute_exists(note)' }),
  },
  {
    name: 'a query of a partition that is empty',
    run: query({ ...byPartition, ExpressionAttributeValues: { ':pk': { S: 'incident#2' } } }),
  },
  {
    name: 'a query with a start key of another partition',
    run: query({ ...byPartition, ExclusiveStartKey: key('incident#2', 'action#2') }),
  },
  {
    name: 'an update that counts',
    run: update(key('budget', 'w1'), {
      UpdateExpression: 'ADD servers :n',
      ExpressionAttributeValues: { ':n': { N: '2' } },
      ReturnValues: 'ALL_NEW',
    }),
  },
  {
    name: 'an update whose condition holds',
    run: update(key('budget', 'w1'), {
      UpdateExpression: 'ADD servers :n',
      ConditionExpression: 'servers <= :most',
      ExpressionAttributeValues: { ':n': { N: '3' }, ':most': { N: '2' } },
      ReturnValues: 'UPDATED_NEW',
    }),
  },
  {
    name: 'an update whose condition fails',
    run: update(key('budget', 'w1'), {
      UpdateExpression: 'ADD servers :n',
      ConditionExpression: 'servers <= :most',
      ExpressionAttributeValues: { ':n': { N: '3' }, ':most': { N: '2' } },
    }),
  },
  {
    name: 'an update of a set',
    run: update(key('budget', 'w1'), {
      UpdateExpression: 'ADD members :m',
      ExpressionAttributeValues: { ':m': { SS: ['a', 'b', 'a'].slice(0, 2) } },
      ReturnValues: 'ALL_NEW',
    }),
  },
  {
    name: 'an update of a reserved word',
    run: update(key('budget', 'w1'), {
      UpdateExpression: 'SET status = :s',
      ExpressionAttributeValues: { ':s': { S: 'x' } },
    }),
  },
  {
    name: 'an update of a key attribute',
    run: update(key('budget', 'w1'), {
      UpdateExpression: 'SET pk = :s',
      ExpressionAttributeValues: { ':s': { S: 'x' } },
    }),
  },
  { name: 'a put without its sort key', run: put({ pk: { S: 'x' } }) },
  { name: 'a put with an empty key', run: put(key('x', '')) },
  { name: 'a put with a number as key', run: put({ pk: { S: 'x' }, sk: { N: '1' } }) },
  { name: 'a put with an empty index key', run: put({ ...key('x', 'y'), gsi1pk: { S: '' } }) },
  { name: 'a put of an empty set', run: put({ ...key('x', 'y'), members: { SS: [] } }) },
  { name: 'a put of more than 400 KB', run: put({ ...key('x', 'y'), note: { S: 'x'.repeat(410_000) } }) },
  { name: 'a put of a number with 39 digits', run: put({ ...key('x', 'y'), count: { N: '1'.repeat(39) } }) },
  {
    name: 'a put with a condition that cannot be read',
    run: put(key('x', 'y'), { ConditionExpression: 'attribute_not_exists(' }),
  },
  {
    name: 'a put with a name that nothing uses',
    run: put(key('x', 'y'), { ...onlyNew, ExpressionAttributeNames: { '#a': 'b' } }),
  },
  { name: 'a put into a table that is not there', run: put(key('x', 'y'), { TableName: 'no-such-table' }) },
  {
    name: 'a delete that answers the old item',
    run: async ({ dynamodb }) =>
      (
        await dynamodb.send(
          new DeleteItemCommand({ TableName: tableName, Key: key('incident#1', 'action#5'), ReturnValues: 'ALL_OLD' }),
        )
      ).Attributes ?? {},
  },
  {
    name: 'a delete of what is not there',
    run: async ({ dynamodb }) =>
      (
        await dynamodb.send(
          new DeleteItemCommand({ TableName: tableName, Key: key('incident#1', 'action#5'), ReturnValues: 'ALL_OLD' }),
        )
      ).Attributes ?? {},
  },
  {
    name: 'a scan counts everything',
    run: async ({ dynamodb }) =>
      (await dynamodb.send(new ScanCommand({ TableName: tableName, Select: 'COUNT' }))).Count,
  },
  {
    name: 'the keys of the table',
    run: async ({ dynamodb }) =>
      (await dynamodb.send(new DescribeTableCommand({ TableName: tableName }))).Table?.KeySchema,
  },
];

async function get({ dynamodb }: Clients, sk: string): Promise<Key | undefined> {
  const request = { TableName: tableName, Key: key('incident#1', sk), ConsistentRead: true };
  return (await dynamodb.send(new GetItemCommand(request))).Item;
}

/** The error of a failed condition carries the item, where that was asked for. */
async function readFailedItem({ dynamodb }: Clients): Promise<unknown> {
  const Item = { ...key('incident#1', 'opened#01') };
  try {
    await dynamodb.send(
      new PutItemCommand({ TableName: tableName, Item, ...onlyNew, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    );
    return 'no error';
  } catch (error) {
    return (error as { readonly Item?: Key }).Item ?? {};
  }
}
