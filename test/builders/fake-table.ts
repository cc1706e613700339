import {
  ConditionalCheckFailedException,
  type AttributeValue,
  type DynamoDBClient,
  type PutItemCommandInput,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { fromAttributes, type AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { AuditTable } from '../../lambdas/shared/clients/audit-table.ts';

type Attributes = Record<string, AttributeValue>;

/** The audit table in memory: keys, conditions and order as DynamoDB has them, and a line for every call. */
export class FakeTable {
  readonly #items = new Map<string, Attributes>();
  readonly calls: string[] = [];
  /** Throw here to let a call fail; a promise holds the call up. */
  onCall: (call: string) => void | Promise<void> = () => undefined;

  readonly client = {
    send: async (command: { constructor: { name: string }; input: unknown }) => this.#run(command),
  } as unknown as DynamoDBClient;

  readonly audit = new AuditTable(this.client, 'audit');

  /** Everything in the table, by partition and sort key. */
  get items(): AuditItem[] {
    return [...this.#items.values()]
      .map(fromAttributes)
      .sort((left, right) => `${left.pk} ${left.sk}`.localeCompare(`${right.pk} ${right.sk}`));
  }

  /** Sort keys of one incident's action entries, in order. */
  stepsOf(incidentId: string): string[] {
    return this.items.filter(({ pk }) => pk === `incident#${incidentId}`).map(({ sk }) => sk);
  }

  async #run(command: { constructor: { name: string }; input: unknown }): Promise<unknown> {
    const name = command.constructor.name.replace('Command', '');
    const input = command.input as PutItemCommandInput & QueryCommandInput & { Key?: Attributes };
    const keys = input.Item ?? input.Key;
    const where = keys === undefined ? String(input.ExpressionAttributeValues?.[':pk']?.S) : nameOf(keys);
    const call = `${name} ${where}`;
    this.calls.push(call);
    await this.onCall(call);
    await Promise.resolve();
    if (name === 'PutItem') return this.#put(where, input);
    if (name === 'GetItem') return { Item: this.#items.get(where) };
    if (name === 'DeleteItem') return { deleted: this.#items.delete(where) };
    return { Items: this.#query(input) };
  }

  #put(where: string, { Item = {}, ConditionExpression }: PutItemCommandInput): object {
    if (ConditionExpression !== undefined && this.#items.has(where)) {
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    }
    this.#items.set(where, Item);
    return {};
  }

  #query({ ExpressionAttributeValues: values = {} }: QueryCommandInput): Attributes[] {
    const [pk, prefix] = [values[':pk']?.S ?? '', values[':prefix']?.S ?? ''];
    return [...this.#items.values()]
      .filter((item) => item['pk']?.S === pk && (item['sk']?.S ?? '').startsWith(prefix))
      .sort((left, right) => Buffer.compare(Buffer.from(left['sk']?.S ?? ''), Buffer.from(right['sk']?.S ?? '')));
  }
}

function nameOf(keys: Attributes): string {
  return `${keys['pk']?.S ?? ''} ${keys['sk']?.S ?? ''}`;
}
