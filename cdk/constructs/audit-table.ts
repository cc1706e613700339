import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';

/** The index that lists incidents by time. Its name is contract: the functions and the CLI query it. */
export const byTimeIndexName = 'by-time';

/**
 * The single table of everything that was intended, before, done and seen. It survives its stack, can be set back to
 * any second of the last 35 days, and no role of the fuse can change or delete an entry of an incident.
 */
export class AuditTable extends Construct {
  readonly tableName: string;
  readonly tableArn: string;
  readonly key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // The default removal policy of a key keeps it: a retained table without its key would be unreadable.
    this.key = new Key(this, 'Key', { description: 'Encrypts the audit of connection-fuse', enableKeyRotation: true });
    // Not the L2: with a key of one's own it wants to know the region at synth, and a stack may be for any.
    const table = new CfnGlobalTable(this, 'Table', {
      attributeDefinitions: ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((name) => ({
        attributeName: name,
        attributeType: 'S',
      })),
      keySchema: toKeySchema('pk', 'sk'),
      globalSecondaryIndexes: [
        {
          indexName: byTimeIndexName,
          keySchema: toKeySchema('gsi1pk', 'gsi1sk'),
          projection: { projectionType: 'ALL' },
        },
      ],
      billingMode: 'PAY_PER_REQUEST',
      sseSpecification: { sseEnabled: true, sseType: 'KMS' },
      replicas: [
        {
          region: Stack.of(this).region,
          sseSpecification: { kmsMasterKeyId: this.key.keyArn },
          pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
          deletionProtectionEnabled: true,
        },
      ],
    });
    table.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.tableName = table.ref;
    this.tableArn = table.attrArn;
  }

  /** Lets the grantee query partitions of the table; not its index, and no scan. */
  grantQuery(grantee: IGrantable): void {
    this.allow(grantee, ['dynamodb:Query']);
    this.grantKey(grantee);
  }

  /** Lets the grantee read the mode switch, and no other single item. */
  grantReadMode(grantee: IGrantable): void {
    this.allow(grantee, ['dynamodb:GetItem'], leadingKeys([auditKeys.control]));
    this.grantKey(grantee);
  }

  /** Lets the grantee put items into these partitions, `*` standing for any rest of the key, and read nothing. */
  grantAppend(grantee: IGrantable, partitions: readonly string[]): void {
    this.allow(grantee, ['dynamodb:PutItem'], leadingKeys(partitions));
    this.grantKey(grantee);
  }

  /** Lets the grantee count what is cut against the budget, and read the count back. */
  grantCount(grantee: IGrantable): void {
    this.allow(grantee, ['dynamodb:UpdateItem'], leadingKeys([auditKeys.budget]));
    this.grantKey(grantee);
  }

  /** Lets the grantee strike servers off the list of what is cut right now: the only delete there is. */
  grantClearCuts(grantee: IGrantable): void {
    this.allow(grantee, ['dynamodb:DeleteItem'], leadingKeys([auditKeys.cut]));
    this.grantKey(grantee);
  }

  /**
   * Denies the grantee every call that could change or remove what stands in the table, whatever else it is granted;
   * `mayClearCuts` leaves it the delete in the partition `cut`, `mayCount` the update in `budget`. A batch write is among them: its deletes need no
   * permission of their own.
   */
  denyRewriting(
    grantee: IGrantable,
    options: { readonly mayClearCuts?: boolean; readonly mayCount?: boolean } = {},
  ): void {
    const { mayClearCuts = false, mayCount = false } = options;
    const rewriting = ['BatchWriteItem', 'PartiQLUpdate', 'PartiQLDelete', 'PartiQLInsert', 'DeleteTable'];
    const never = [...rewriting, ...(mayClearCuts ? [] : ['DeleteItem']), ...(mayCount ? [] : ['UpdateItem'])];
    this.deny(grantee, 'NeverRewriteTheAudit', never);
    const outside = (partition: string) => ({
      'ForAnyValue:StringNotEquals': { 'dynamodb:LeadingKeys': [partition] },
    });
    if (mayClearCuts) this.deny(grantee, 'NeverDeleteOutsideTheCutList', ['DeleteItem'], outside(auditKeys.cut));
    if (mayCount) this.deny(grantee, 'NeverUpdateOutsideTheBudget', ['UpdateItem'], outside(auditKeys.budget));
  }

  private allow(grantee: IGrantable, actions: string[], conditions?: Record<string, unknown>): void {
    const statement = { actions, resources: [this.tableArn], ...(conditions && { conditions }) };
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement(statement));
  }

  private deny(grantee: IGrantable, sid: string, actions: string[], conditions?: Record<string, unknown>): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [this.tableArn],
        ...(conditions && { conditions }),
      }),
    );
  }

  /** DynamoDB uses the key on behalf of the caller; `ViaService` keeps the caller from using it for anything else. */
  private grantKey(grantee: IGrantable): void {
    const { region, urlSuffix } = Stack.of(this);
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
        resources: [this.key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.${urlSuffix}` } },
      }),
    );
  }
}

function toKeySchema(partition: string, sort: string): CfnGlobalTable.KeySchemaProperty[] {
  return [
    { attributeName: partition, keyType: 'HASH' },
    { attributeName: sort, keyType: 'RANGE' },
  ];
}

/**
 * Holds a call to partitions. `Null` closes the hole of `ForAllValues`, which is also true where there is no key at all.
 */
function leadingKeys(partitions: readonly string[]): Record<string, unknown> {
  return {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...partitions] },
    Null: { 'dynamodb:LeadingKeys': 'false' },
  };
}
