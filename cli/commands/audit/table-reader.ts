import { QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { fromAttributes } from '../../../lambdas/shared/clients/audit-item.ts';
import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import { findSealFaults } from '../../../lambdas/shared/seal.ts';

interface Page {
  readonly Items?: Record<string, AttributeValue>[] | undefined;
  readonly LastEvaluatedKey?: Record<string, AttributeValue> | undefined;
}

/** Reads of the audit table that only the command makes: no function may scan, so their store has no such call. */
export class TableReader {
  readonly tableName: string;
  readonly #client: DynamoDBClient;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.tableName = tableName;
  }

  /**
   * Every item of the table. A scan on purpose: an index would leave out what lost its place in it, so a record could be
   * hidden from the auditor by one changed attribute. Entries that are put meanwhile may be in it or not.
   */
  async readAll(): Promise<AuditItem[]> {
    const items = await readPages(async (from) => {
      const input = { TableName: this.tableName, ConsistentRead: true, ExclusiveStartKey: from };
      return this.#client.send(new ScanCommand(input));
    });
    return this.#rereadTorn(items);
  }

  async readPartition(pk: string): Promise<AuditItem[]> {
    return this.#query({ KeyConditionExpression: 'pk = :pk', ConsistentRead: true }, { ':pk': { S: pk } });
  }

  /** Items of a partition of the index `by-time` from `since` on, the oldest first. */
  async readSince(gsi1pk: string, since: string): Promise<AuditItem[]> {
    return this.#query(
      { IndexName: 'by-time', KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk >= :since' },
      { ':pk': { S: gsi1pk }, ':since': { S: since } },
    );
  }

  /** The last items of a partition, in the descending order of their sort keys. */
  async readLast(pk: string, limit: number): Promise<AuditItem[]> {
    const { Items } = await this.#client.send(
      new QueryCommand({
        TableName: this.tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return (Items ?? []).map(fromAttributes);
  }

  /** A page of a scan may be older than the next one: then a closing seems to seal what is not there yet. */
  async #rereadTorn(items: readonly AuditItem[]): Promise<AuditItem[]> {
    const partitions = [...Map.groupBy(items, ({ pk }) => pk)];
    const read = partitions.map(async ([pk, found]) =>
      findSealFaults(found).length === 0 ? found : this.readPartition(pk),
    );
    return (await Promise.all(read)).flat();
  }

  async #query(
    input: { KeyConditionExpression: string; IndexName?: string; ConsistentRead?: boolean },
    values: Record<string, AttributeValue>,
  ): Promise<AuditItem[]> {
    return readPages(async (from) =>
      this.#client.send(
        new QueryCommand({
          ...input,
          TableName: this.tableName,
          ExpressionAttributeValues: values,
          ExclusiveStartKey: from,
        }),
      ),
    );
  }
}

async function readPages(read: (from: Page['LastEvaluatedKey']) => Promise<Page>): Promise<AuditItem[]> {
  const found: AuditItem[] = [];
  let from: Page['LastEvaluatedKey'];
  do {
    const page = await read(from);
    found.push(...(page.Items ?? []).map(fromAttributes));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return found;
}
