import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/**
 * Encrypts what the fuse says: its bus and its notifications. Alarms must be able to use the key, or they would be lost
 * without a trace; the bus brings the permission it needs itself.
 */
export class MessageKey extends Key {
  constructor(scope: Construct, id: string) {
    super(scope, id, { description: 'Encrypts the messages of connection-fuse', enableKeyRotation: true });
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }
}
