import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { FuseError } from '../../lambdas/shared/errors.ts';

/** Findings were to be accepted for something that is no resource of the template. */
export class NoResourceError extends FuseError {
  override readonly name = 'NoResourceError';
}

/** What a linter of templates says about a resource and is none there: the reason, a sentence, by the rule's id. */
export type ReasonsByRule = Readonly<Record<string, string>>;

/** By linter. Those of cdk-nag are acknowledged by the CDK's own means. */
export interface AcceptedFindings {
  readonly 'cfn-lint'?: ReasonsByRule;
  readonly checkov?: ReasonsByRule;
}

/**
 * Accepts findings at the resource itself, where whoever reads or scans the template sees them with their reasons. The
 * test run refuses one that covers nothing. A second call for the same resource replaces what the first accepted.
 */
export function acceptFindings(construct: IConstruct, { 'cfn-lint': lint, checkov }: AcceptedFindings): void {
  const resource = construct.node.defaultChild ?? construct;
  if (!CfnResource.isCfnResource(resource)) {
    throw new NoResourceError(`Findings not accepted: "${construct.node.path}" is no resource, wanted one`);
  }
  if (lint !== undefined) {
    // The linter reads `config` alone; the reasons stand beside it for people.
    resource.addMetadata('cfn-lint', { config: { ignore_checks: Object.keys(lint) }, reasons: { ...lint } });
  }
  if (checkov !== undefined) {
    const skip = Object.entries(checkov).map(([id, comment]) => ({ id, comment }));
    resource.addMetadata('checkov', { skip });
  }
}

/** The CDK writes the role beside its policy into DependsOn, so that the policy is there before the first call. */
export const roleInDependsOn: ReasonsByRule = {
  W3005: 'The role is repeated beside its policy, which must be there before the first call; that harms nothing',
};

/** CloudWatch Logs encrypts all logs by itself. */
export const logWithoutOwnKey: ReasonsByRule = {
  CKV_AWS_158:
    'CloudWatch Logs encrypts all logs; they hold no execution data, and a lost key of our own would blind the fuse',
};
