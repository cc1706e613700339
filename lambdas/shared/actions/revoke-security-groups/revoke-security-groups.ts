import type { EC2Client } from '@aws-sdk/client-ec2';
import { systemTiming, type Timing } from '../../clients/aws-errors.ts';
import type { Action } from '../action.ts';
import { applyCut } from './apply-cut.ts';
import { revokeSecurityGroupsPermissions } from './permissions.ts';
import { planCut, type QuarantineGroups } from './plan-cut.ts';
import { undoCut } from './undo-cut.ts';
import { verifyCut } from './verify-cut.ts';

export interface RevokeSecurityGroupsOptions {
  readonly ec2: EC2Client;
  /** Needed to plan a cut only; undo works from the record. */
  readonly quarantine: QuarantineGroups;
  readonly timing?: Timing;
}

/** What docs and CDK read of the action; no client is needed for it. */
export const revokeSecurityGroupsFacts = {
  id: 'revoke-security-groups',
  summary: 'Cuts the network: every interface of a server moves to quarantine, or exactly the named rules are revoked',
  saves: 'Per interface its groups, VPC and device index; per rule the whole rule with description and tags',
  undoes: 'Gives interfaces their former groups back and makes revoked rules again (with new ids), compared three-way',
  sharesTargets: true,
  permissions: revokeSecurityGroupsPermissions,
} as const satisfies Partial<Action>;

/**
 * The network cut. New flows end at once; tracked flows live on in AWS until the host cut, running beside this one,
 * ends them.
 */
export function revokeSecurityGroups(options: RevokeSecurityGroupsOptions): Action {
  const { ec2, quarantine, timing = systemTiming } = options;
  return {
    ...revokeSecurityGroupsFacts,
    plan: async (context) => planCut(ec2, quarantine, context),
    apply: async (changes, context) => applyCut(ec2, timing, changes, context.resumed === true),
    verify: async (changes) => verifyCut(ec2, timing, changes),
    undo: async (changes) => undoCut(ec2, timing, changes),
  };
}
