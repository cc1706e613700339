import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ConnectionFuse } from './constructs/connection-fuse.ts';
import type { AccountConfig, FuseConfig } from './config.ts';

export interface FuseStackProps extends Pick<FuseConfig, 'policy' | 'retentionDays'> {
  /** See ConnectionFuse. */
  readonly copiesReady?: number;
  /** The account that gets this stack. */
  readonly account: AccountConfig;
  /** See ConnectionFuse. Default: the bundles of this package. */
  readonly bundlesPath?: string;
}

/** The fuse of one account. The outputs are contract: the `fuse` command and the lab find their way by them. */
export class FuseStack extends Stack {
  readonly fuse: ConnectionFuse;

  constructor(scope: Construct, id: string, props: FuseStackProps) {
    super(scope, id, toStackProps(props.account));
    const { account, policy, retentionDays, bundlesPath, copiesReady } = props;
    this.fuse = new ConnectionFuse(this, 'Fuse', {
      policy,
      retention: retentionDays,
      vpcIds: account.vpcs.map(({ vpcId }) => vpcId),
      ...(account.notificationEmail && { notificationEmail: account.notificationEmail }),
      ...(bundlesPath && { bundlesPath }),
      ...(copiesReady !== undefined && { copiesReady }),
    });
    this.publish({
      TableName: this.fuse.auditTable.tableName,
      RespondStateMachineArn: this.fuse.workflows.Respond.stateMachine.stateMachineArn,
      RestoreStateMachineArn: this.fuse.workflows.Restore.stateMachine.stateMachineArn,
      BusName: this.fuse.fuseBus.bus.eventBusName,
      DeadLetterQueueUrl: this.fuse.deadLetters.queue.queueUrl,
      SensorPolicyArn: this.fuse.sensors.serverPolicy.managedPolicyArn,
      NotificationTopicArn: this.fuse.notifications.topic.topicArn,
    });
  }

  private publish(outputs: Readonly<Record<string, string>>): void {
    for (const [id, value] of Object.entries(outputs)) new CfnOutput(this, id, { value });
  }
}

/** The stack has the same name everywhere; accounts and regions keep them apart. */
function toStackProps({ account, region }: AccountConfig): StackProps {
  return {
    stackName: 'ConnectionFuse',
    description: 'connection-fuse: decides by a published flowchart, cuts connections within seconds, undoes exactly',
    // CloudFormation takes one megabyte; the host documents fill most of it, and their indentation says nothing.
    suppressTemplateIndentation: true,
    // Deleting the stack would leave cut servers without their way back.
    terminationProtection: true,
    env: { ...(account && { account }), ...(region && { region }) },
  };
}
