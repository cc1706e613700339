import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { AuditWriteError, LookupFailedError } from '../errors.ts';
import { fromAttributes, toAttributes, type AuditItem } from './audit-item.ts';
import { readClockOffset } from './clock-offset.ts';

/** `existing`: an item with these keys was there before and still is what it was. */
export type PutResult = 'written' | 'existing';

export interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

/**
 * The few calls the audit makes on DynamoDB, and the only place that knows its exceptions: a write that fails is an
 * AuditWriteError, a read that fails a LookupFailedError. Reads are consistent.
 */
export class AuditStore {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #options: CallOptions;

  constructor(client: DynamoDBClient, tableName: string, options: CallOptions = {}) {
    this.#client = client;
    this.#tableName = tableName;
    this.#options = options;
  }

  /** Writes an item that must not be there yet; never changes one that is. */
  async put(item: AuditItem): Promise<PutResult> {
    try {
      await this.#write(item, 'attribute_not_exists(pk)');
      return 'written';
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return 'existing';
      throw toWriteError(item, error);
    }
  }

  /** Writes an item whether it is there or not: only for what is no audit entry, the pointers, cuts and the switch. */
  async overwrite(item: AuditItem): Promise<void> {
    try {
      await this.#write(item);
    } catch (error) {
      throw toWriteError(item, error);
    }
  }

  async get(pk: string, sk: string): Promise<AuditItem | null> {
    const input = { TableName: this.#tableName, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true };
    return this.#read(`${pk} ${sk}`, async () => {
      const { Item } = await this.#client.send(new GetItemCommand(input), this.#options);
      return Item === undefined ? null : fromAttributes(Item);
    });
  }

  /** All items of a partition whose sort key begins with `prefix`, in the order of their sort keys. */
  async query(pk: string, prefix = ''): Promise<AuditItem[]> {
    const names: Record<string, AttributeValue> = { ':pk': { S: pk } };
    if (prefix !== '') names[':prefix'] = { S: prefix };
    return this.#queryAll({
      TableName: this.#tableName,
      KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: names,
      ConsistentRead: true,
    });
  }

  /** The newest items of one partition of the index `by-time`. The index lags a little: never decide a cut by it. */
  async queryNewest(gsi1pk: string, limit: number): Promise<AuditItem[]> {
    return this.#queryAll(
      {
        TableName: this.#tableName,
        IndexName: 'by-time',
        KeyConditionExpression: 'gsi1pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: gsi1pk } },
        ScanIndexForward: false,
        Limit: limit,
      },
      limit,
    );
  }

  /** Removes an item; fine when it is gone already. */
  async remove(pk: string, sk: string): Promise<void> {
    try {
      const input = { TableName: this.#tableName, Key: { pk: { S: pk }, sk: { S: sk } } };
      await this.#client.send(new DeleteItemCommand(input), this.#options);
    } catch (error) {
      throw toWriteError({ pk, sk }, error);
    }
  }

  async #write(item: AuditItem, condition?: string): Promise<void> {
    const input = {
      TableName: this.#tableName,
      // `clock` tells how far the times in the item may be from AWS's; an item that was sealed with it brings its own.
      Item: toAttributes({ clock: readClockOffset(), ...item }),
      ...(condition === undefined ? {} : { ConditionExpression: condition }),
    };
    await this.#client.send(new PutItemCommand(input), this.#options);
  }

  async #queryAll(input: QueryCommandInput, most = Infinity): Promise<AuditItem[]> {
    return this.#read(String(input.ExpressionAttributeValues?.[':pk']?.S), async () => {
      const found: AuditItem[] = [];
      let from: Record<string, AttributeValue> | undefined;
      do {
        const page = await this.#client.send(new QueryCommand({ ...input, ExclusiveStartKey: from }), this.#options);
        found.push(...(page.Items ?? []).map(fromAttributes));
        from = page.LastEvaluatedKey;
      } while (from !== undefined && found.length < most);
      return found;
    });
  }

  async #read<Found>(subject: string, read: () => Promise<Found>): Promise<Found> {
    try {
      return await read();
    } catch (error) {
      throw new LookupFailedError(`Audit entry "${subject}" not read from "${this.#tableName}"`, { cause: error });
    }
  }
}

/** Names the entry and what DynamoDB said; the item itself stays out of logs and causes. */
function toWriteError(item: Pick<AuditItem, 'pk' | 'sk'>, error: unknown): AuditWriteError {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new AuditWriteError(`Audit entry "${item.pk} ${item.sk}" not written: ${said}`, { cause: error });
}
