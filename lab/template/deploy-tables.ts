import * as z from 'zod/mini';
import type { TableSeed } from '../services/dynamodb/dynamodb-service.ts';
import { inert, looseBoolean, readProperties } from './resource.ts';
import type { ResolvedResource } from './resource.ts';

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const recoverySchema = z.optional(
  z.strictObject({ PointInTimeRecoveryEnabled: looseBoolean, RecoveryPeriodInDays: inert }),
);
const projectionSchema = z.strictObject({
  ProjectionType: z.string(),
  NonKeyAttributes: z.optional(z.array(z.string())),
});

const indexSchema = z.strictObject({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: projectionSchema,
  WriteProvisionedThroughputSettings: inert,
  WriteOnDemandThroughputSettings: inert,
  ProvisionedThroughput: inert,
  OnDemandThroughput: inert,
  WarmThroughput: inert,
  ContributorInsightsSpecification: inert,
});

const tableSchema = z.strictObject({
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.optional(z.array(indexSchema)),
  LocalSecondaryIndexes: z.optional(
    z.array(z.strictObject({ IndexName: z.string(), KeySchema: keySchema, Projection: projectionSchema })),
  ),
  TimeToLiveSpecification: z.optional(z.strictObject({ AttributeName: z.optional(z.string()), Enabled: looseBoolean })),
  Replicas: z.optional(z.array(z.looseObject({ PointInTimeRecoverySpecification: recoverySchema }))),
  PointInTimeRecoverySpecification: recoverySchema,
  // A stream would be read by something the lab does not have.
  StreamSpecification: z.optional(z.never()),
  TableName: inert,
  BillingMode: inert,
  SSESpecification: inert,
  DeletionProtectionEnabled: inert,
  WriteProvisionedThroughputSettings: inert,
  WriteOnDemandThroughputSettings: inert,
  ProvisionedThroughput: inert,
  OnDemandThroughput: inert,
  WarmThroughput: inert,
  ContributorInsightsSpecification: inert,
  MultiRegionConsistency: inert,
  TableClass: inert,
  Tags: inert,
});

/** Reads the keys and indexes of a table; capacity, encryption and protection are the account's business. */
export function toTableSeed(resource: ResolvedResource): TableSeed {
  const properties = readProperties(tableSchema, resource);
  const recoveries = [properties.PointInTimeRecoverySpecification, ...(properties.Replicas ?? []).map(readRecovery)];
  return {
    tableName: resource.identity.ref,
    attributeDefinitions: properties.AttributeDefinitions,
    keySchema: properties.KeySchema,
    globalSecondaryIndexes: properties.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
      IndexName,
      KeySchema,
      Projection,
    })),
    localSecondaryIndexes: properties.LocalSecondaryIndexes,
    timeToLiveAttribute:
      properties.TimeToLiveSpecification?.Enabled === true
        ? properties.TimeToLiveSpecification.AttributeName
        : undefined,
    pointInTimeRecovery: recoveries.some((recovery) => recovery?.PointInTimeRecoveryEnabled === true),
  };
}

function readRecovery(replica: {
  readonly PointInTimeRecoverySpecification?: z.output<typeof recoverySchema>;
}): z.output<typeof recoverySchema> {
  return replica.PointInTimeRecoverySpecification;
}
