import { LabSetupError } from '../setup-error.ts';
import { ServiceError, refuseUnsupported } from '../wire/service-error.ts';
import type { AwsService, ServiceCall, Wire } from '../wire/service.ts';
import { openDynalite } from './dynalite-bridge.ts';

/** The keys, attributes and indexes of a table, as CreateTable takes them. */
export interface TableSeed {
  readonly tableName: string;
  readonly attributeDefinitions: readonly unknown[];
  readonly keySchema: readonly KeyElement[];
  readonly globalSecondaryIndexes?: readonly unknown[] | undefined;
  readonly localSecondaryIndexes?: readonly unknown[] | undefined;
  /** Name of the attribute that expires items; the lab answers for it but lets nothing expire. */
  readonly timeToLiveAttribute?: string | undefined;
  readonly pointInTimeRecovery?: boolean | undefined;
}

interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: string;
}

type Input = Readonly<Record<string, unknown>>;

const writes = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem']);

/** The DynamoDB of the lab: dynalite, with in front of it what it leaves out and answers would depend on. */
export class DynamoDbService implements AwsService {
  readonly name = 'dynamodb';
  readonly wire: Wire = { kind: 'json', targetPrefix: 'DynamoDB_20120810', version: '1.0' };
  readonly #call = openDynalite();
  readonly #tables = new Map<string, TableSeed>();
  readonly #arnPrefix: string;
  /** Writes follow one another, so that the item of a failed condition is the one the condition was judged on. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(accountId: string, region: string) {
    this.#arnPrefix = `arn:aws:dynamodb:${region}:${accountId}:`;
  }

  /** Creates a table; it is ACTIVE when the promise ends. */
  async addTable(seed: TableSeed): Promise<void> {
    this.#tables.set(seed.tableName, seed);
    await this.#call('CreateTable', {
      TableName: seed.tableName,
      AttributeDefinitions: seed.attributeDefinitions,
      KeySchema: seed.keySchema,
      BillingMode: 'PAY_PER_REQUEST',
      ...(seed.globalSecondaryIndexes && { GlobalSecondaryIndexes: seed.globalSecondaryIndexes }),
      ...(seed.localSecondaryIndexes && { LocalSecondaryIndexes: seed.localSecondaryIndexes }),
    });
    await this.#untilActive(seed.tableName);
  }

  async run(operation: string, input: unknown, _call: ServiceCall): Promise<unknown> {
    const parameters = input as Input;
    refuseDropped(operation, parameters);
    refuseEmptyIndexKeys(this.#tables.get(String(parameters.TableName)), parameters.Item);
    if (operation === 'DescribeTimeToLive') return this.#describeTimeToLive(parameters);
    if (operation === 'DescribeContinuousBackups') return this.#describeBackups(parameters);
    if (!writes.has(operation)) return this.#correctArns(await this.#call(operation, parameters));
    const written = this.#lastWrite.then(async () => await this.#write(operation, parameters));
    this.#lastWrite = written.catch(() => undefined);
    return await written;
  }

  async #write(operation: string, { ReturnValuesOnConditionCheckFailure: wanted, ...input }: Input): Promise<unknown> {
    try {
      return await this.#call(operation, input);
    } catch (error) {
      if (
        wanted !== 'ALL_OLD' ||
        !(error instanceof ServiceError) ||
        !error.code.endsWith('#ConditionalCheckFailedException')
      ) {
        throw error;
      }
      const { Item } = (await this.#call('GetItem', this.#toGet(input))) as Input;
      throw new ServiceError(error.code, error.message, error.status, Item === undefined ? {} : { Item });
    }
  }

  #toGet(input: Input): Input {
    const { keySchema } = this.#findTable(input);
    const item = (input.Key ?? input.Item) as Input;
    const key = Object.fromEntries(keySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]));
    return { TableName: input.TableName, Key: key, ConsistentRead: true };
  }

  #describeTimeToLive(input: Input): unknown {
    const { timeToLiveAttribute } = this.#findTable(input);
    const enabled = { TimeToLiveStatus: 'ENABLED', AttributeName: timeToLiveAttribute };
    return { TimeToLiveDescription: timeToLiveAttribute === undefined ? { TimeToLiveStatus: 'DISABLED' } : enabled };
  }

  #describeBackups(input: Input): unknown {
    const status = this.#findTable(input).pointInTimeRecovery === true ? 'ENABLED' : 'DISABLED';
    const pointInTime = { PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status } };
    return { ContinuousBackupsDescription: { ContinuousBackupsStatus: 'ENABLED', ...pointInTime } };
  }

  #findTable(input: Input): TableSeed {
    const name = String(input.TableName).replace(/^arn:.*:table\//, '');
    const table = this.#tables.get(name);
    if (table !== undefined) return table;
    throw new ServiceError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
  }

  /** dynalite takes account and Region from the environment of the process. */
  #correctArns(answer: unknown): unknown {
    const text = JSON.stringify(answer);
    const pattern = /"arn:aws:dynamodb:[a-z0-9-]*:\d*:table\//g;
    return JSON.parse(text.replaceAll(pattern, `"${this.#arnPrefix}table/`)) as unknown;
  }

  async #untilActive(tableName: string): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const { Table } = (await this.#call('DescribeTable', { TableName: tableName })) as { Table: Input };
      if (Table.TableStatus === 'ACTIVE') return;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new LabSetupError(`Could not create table '${tableName}': it did not become ACTIVE`);
  }
}

/** dynalite drops these in silence; a caller that counts on them must hear so. */
function refuseDropped(operation: string, input: Input): void {
  const stream = input.StreamSpecification as { readonly StreamEnabled?: boolean } | undefined;
  if (stream?.StreamEnabled === true) refuseUnsupported('DynamoDB', operation, "parameter 'StreamSpecification'");
  if (Array.isArray(input.TransactItems)) refuseUnsupported('DynamoDB', operation, 'operation');
}

/** dynalite looks at the keys of the table only; the indexes' keys must not be empty either. */
function refuseEmptyIndexKeys(table: TableSeed | undefined, item: unknown): void {
  const indexes = [...(table?.globalSecondaryIndexes ?? []), ...(table?.localSecondaryIndexes ?? [])];
  const names = (indexes as { readonly KeySchema: readonly KeyElement[] }[]).flatMap(({ KeySchema }) => KeySchema);
  const values = (item ?? {}) as Readonly<Record<string, { readonly S?: string } | undefined>>;
  const empty = names.find(({ AttributeName }) => values[AttributeName]?.S === '');
  if (empty === undefined) return;
  const why = 'A value specified for a secondary index key is not supported. It cannot contain an empty string value';
  throw new ServiceError(
    'ValidationException',
    `One or more parameter values are not valid. ${why}. IndexKey: ${empty.AttributeName}`,
  );
}
