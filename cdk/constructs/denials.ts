import { Effect, PolicyStatement, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { tagKeys } from '../../lambdas/shared/tags.ts';

/**
 * Every call that could cut a server off, whether the fuse makes it today or not: the deny must hold for an action that
 * somebody grants tomorrow.
 */
export const cuttingCalls: readonly string[] = [
  'autoscaling:DetachInstances',
  'autoscaling:EnterStandby',
  'ec2:AssociateAddress',
  'ec2:CreateNetworkAclEntry',
  'ec2:DeleteNetworkAclEntry',
  'ec2:DetachNetworkInterface',
  'ec2:DisassociateAddress',
  'ec2:DisassociateIamInstanceProfile',
  'ec2:ModifyInstanceAttribute',
  'ec2:ModifyInstanceMetadataOptions',
  'ec2:ModifyNetworkInterfaceAttribute',
  'ec2:ModifySecurityGroupRules',
  'ec2:RebootInstances',
  'ec2:ReplaceIamInstanceProfileAssociation',
  'ec2:ReplaceNetworkAclAssociation',
  'ec2:ReplaceNetworkAclEntry',
  'ec2:ReplaceRoute',
  'ec2:RevokeSecurityGroupEgress',
  'ec2:RevokeSecurityGroupIngress',
  'ec2:StopInstances',
  'ec2:TerminateInstances',
  'elasticloadbalancing:DeregisterTargets',
  'elasticloadbalancing:ModifyListener',
  'elasticloadbalancing:ModifyRule',
  'elasticloadbalancing:RegisterTargets',
  'rds:FailoverDBCluster',
  'rds:RebootDBInstance',
  'route53:ChangeResourceRecordSets',
  'ssm:SendCommand',
];

/**
 * R0 once more, where no code can go round it: denies every cutting call on whatever carries the lifeline tag, with any
 * value. Each call looks at the tags of its own resource only, so interfaces and groups of a lifeline must carry the
 * tag as well as the instance.
 */
export function denyCuttingLifelines(grantee: IGrantable): void {
  deny(grantee, 'NeverTouchLifelines', cuttingCalls, isLifeline);
}

const isLifeline = { Null: { [`aws:ResourceTag/${tagKeys.lifeline}`]: 'false' } };

/**
 * For the one role that keeps lifelines alive: it may run its documents on them, by their ARNs, and no other; every other
 * cutting call stays denied on them. That it runs them nowhere else is the guard's to see: a lifeline that only the policy
 * names carries no tag.
 */
export function denyAllButKeepingAlive(grantee: IGrantable, documentArns: readonly string[]): void {
  const others = cuttingCalls.filter((call) => call !== 'ssm:SendCommand');
  deny(grantee, 'NeverCutLifelines', others, isLifeline);
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      sid: 'NeverRunAnotherDocument',
      effect: Effect.DENY,
      actions: ['ssm:SendCommand'],
      // A command is authorised on its document and on each server; a server is no document.
      notResources: [...documentArns, 'arn:*:ec2:*:*:instance/*'],
    }),
  );
}

/**
 * Whoever may write tags could take a lifeline its protection, so nobody in the pipeline may. `mayTagNewRules` leaves
 * one thing: the tags of a security group rule come back in the very call that makes it again, the fuse's own excepted.
 */
export function denyTagging(grantee: IGrantable, { mayTagNewRules }: { readonly mayTagNewRules: boolean }): void {
  if (!mayTagNewRules) return deny(grantee, 'NeverTouchTags', ['ec2:CreateTags', 'ec2:DeleteTags']);
  deny(grantee, 'NeverRemoveTags', ['ec2:DeleteTags']);
  // A plain CreateTags carries no CreateAction; a missing key counts as different, so it is denied.
  const creations = ['AuthorizeSecurityGroupEgress', 'AuthorizeSecurityGroupIngress'];
  deny(grantee, 'NeverTagWhatExists', ['ec2:CreateTags'], { StringNotEquals: { 'ec2:CreateAction': creations } });
  const ours = { 'ForAnyValue:StringLike': { 'aws:TagKeys': ['connection-fuse:*'] } };
  deny(grantee, 'NeverWriteFuseTags', ['ec2:CreateTags'], ours);
}

function deny(
  grantee: IGrantable,
  sid: string,
  actions: readonly string[],
  conditions?: Record<string, Record<string, unknown>>,
): void {
  const statement = { sid, effect: Effect.DENY, actions: [...actions], resources: ['*'] };
  grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ ...statement, ...(conditions && { conditions }) }));
}
