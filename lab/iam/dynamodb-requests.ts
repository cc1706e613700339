import * as z from 'zod/mini';
import type { IamRequest } from './iam-request.ts';
import { CallNotMappedError } from './policy-errors.ts';
import { defineRequests, toArn } from './request-input.ts';
import type { CallSite, ToRequests } from './request-input.ts';

/** Partition key of the one table the fuse has, by which `dynamodb:LeadingKeys` is told. */
const partitionKey = 'pk';

/** Other members are the item's own. */
const keySchema = z.looseObject({ [partitionKey]: z.object({ S: z.string() }) });
const table = { TableName: z.string() };

/** GetItem, UpdateItem and DeleteItem name the item by its key. */
const byKey = defineRequests(z.object({ ...table, Key: keySchema }), ({ TableName, Key }, site, { operation }) => [
  toRequest(operation, toTableArn(TableName, site), readPartition(Key)),
]);

const putItem = defineRequests(z.object({ ...table, Item: keySchema }), ({ TableName, Item }, site, { operation }) => [
  toRequest(operation, toTableArn(TableName, site), readPartition(Item)),
]);

// Names in place of `#name` and values that are no text would hide the partition: they are refused.
const querySchema = z.object({
  ...table,
  IndexName: z.optional(z.string()),
  KeyConditionExpression: z.string(),
  ExpressionAttributeValues: z.record(z.string(), z.object({ S: z.string() })),
});

/** A query of an index asks for the index, and its leading key is the index's own. */
const query = defineRequests(querySchema, (input, site, { operation }) => {
  const { TableName, IndexName, KeyConditionExpression: expression, ExpressionAttributeValues: values } = input;
  const [, name, placeholder = ''] = /^(\w+) = (:\w+)(?: AND .+)?$/.exec(expression) ?? [];
  const partition = values[placeholder]?.S;
  if (partition === undefined || (IndexName === undefined && name !== partitionKey)) {
    throw new CallNotMappedError(`Could not tell which partition a query asks for: received '${expression}'`);
  }
  const arn = toTableArn(TableName, site);
  return [toRequest(operation, IndexName === undefined ? arn : `${arn}/index/${IndexName}`, partition)];
});

/** By operation; what a condition or a filter reads on the way needs no permission of its own. */
export const dynamodbRequests: Readonly<Record<string, ToRequests>> = {
  PutItem: putItem,
  GetItem: byKey,
  UpdateItem: byKey,
  DeleteItem: byKey,
  Query: query,
};

function toTableArn(tableName: string, site: CallSite): string {
  return toArn(site, 'dynamodb', 'table/', tableName);
}

function readPartition(item: z.output<typeof keySchema>): string {
  return (item[partitionKey] as { readonly S: string }).S;
}

/** The leading keys are a list on AWS, also where there is one. */
function toRequest(operation: string, resource: string, partition: string): IamRequest {
  const context = { keys: { 'dynamodb:LeadingKeys': [partition] }, complete: [] };
  return { action: `dynamodb:${operation}`, resource, context };
}
