import { describe, expect, it } from 'vitest';
import { resourcesOf, synthesise } from '../synthesise.ts';

const [table] = resourcesOf(synthesise(), 'AWS::DynamoDB::GlobalTable');

describe('AuditTable', () => {
  it('has the keys and the index that the functions and the command know', () => {
    const { KeySchema, GlobalSecondaryIndexes, BillingMode } = table?.Properties ?? {};

    expect(KeySchema).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(GlobalSecondaryIndexes).toEqual([
      {
        IndexName: 'by-time',
        KeySchema: [
          { AttributeName: 'gsi1pk', KeyType: 'HASH' },
          { AttributeName: 'gsi1sk', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ]);
    expect(BillingMode).toBe('PAY_PER_REQUEST');
  });

  it('forgets nothing by itself', () => {
    expect(table?.Properties).not.toHaveProperty('TimeToLiveSpecification');
  });
});
