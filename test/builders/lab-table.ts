import { ConditionalCheckFailedException, DynamoDBClient, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { DynamoDbService } from '../../lab/services/dynamodb/dynamodb-service.ts';
import { startGateway } from '../../lab/services/gateway.ts';
import { ServiceError } from '../../lab/services/wire/service-error.ts';
import type { ServiceCall } from '../../lab/services/wire/service.ts';
import { toClientConfig } from '../lab/services/client-config.ts';

/** Audit tables in the lab's DynamoDB: conditions and races are judged there. */
export interface LabTable {
  /** Speaks over HTTP, as the functions do. */
  readonly client: DynamoDBClient;
  /** Speaks to the service itself: for storms of calls. */
  readonly direct: DynamoDBClient;
  /** A new empty table; each test takes its own. */
  addTable(): Promise<string>;
  /** The servers that count in one item of the budget, in order. */
  readBudget(tableName: string, sk: string): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startLabTable(): Promise<LabTable> {
  const dynamodb = new DynamoDbService('123456789012', 'eu-central-1');
  const gateway = await startGateway([dynamodb]);
  const client = new DynamoDBClient(toClientConfig({ url: gateway.url, region: 'eu-central-1' }));
  let count = 0;
  const direct = speakDirectly(dynamodb);
  return {
    client,
    direct,
    readBudget: async (tableName, sk) => {
      const Key = { pk: { S: 'budget' }, sk: { S: sk } };
      const answer = await dynamodb.run('GetItem', { TableName: tableName, Key, ConsistentRead: true }, noCall);
      const { Item } = answer as { Item?: Record<string, AttributeValue> };
      return [...(Item?.['servers']?.SS ?? [])].sort();
    },
    addTable: async () => {
      const tableName = `audit-${(count += 1)}`;
      await dynamodb.addTable({
        tableName,
        attributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((name) => ({
          AttributeName: name,
          AttributeType: 'S',
        })),
        keySchema: toKeySchema('pk', 'sk'),
        globalSecondaryIndexes: [
          { IndexName: 'by-time', KeySchema: toKeySchema('gsi1pk', 'gsi1sk'), Projection: { ProjectionType: 'ALL' } },
        ],
      });
      return tableName;
    },
    stop: async () => {
      client.destroy();
      await gateway.stop();
    },
  };
}

/** The lab's DynamoDB asks nothing of the call itself. */
const noCall = {} as ServiceCall;

function speakDirectly(dynamodb: DynamoDbService): DynamoDBClient {
  const send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: unknown }) => {
    try {
      // Through JSON, as over the wire: no two callers share an object.
      const answer = await dynamodb.run(name.replace('Command', ''), JSON.parse(JSON.stringify(input)), noCall);
      return JSON.parse(JSON.stringify(answer)) as unknown;
    } catch (error) {
      if (!(error instanceof ServiceError) || !error.code.endsWith('ConditionalCheckFailedException')) throw error;
      const { Item } = error.members as { Item?: Record<string, AttributeValue> };
      throw new ConditionalCheckFailedException({ message: error.message, $metadata: {}, ...(Item && { Item }) });
    }
  };
  return { send } as unknown as DynamoDBClient;
}

function toKeySchema(partition: string, sort: string): { AttributeName: string; KeyType: string }[] {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
}
