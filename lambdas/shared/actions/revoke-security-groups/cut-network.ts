import type { EC2Client } from '@aws-sdk/client-ec2';
import { systemTiming, type Timing } from '../../clients/aws-errors.ts';
import type { Action } from '../action.ts';
import { applyCut } from './apply-cut.ts';
import { revokeSecurityGroupsFacts } from './facts.ts';
import { planCut, type QuarantineGroups } from './plan-cut.ts';
import { verifyCut } from './verify-cut.ts';

export interface RevokeSecurityGroupsOptions {
  readonly ec2: EC2Client;
  /** Needed to plan a cut only; undo works from the record. */
  readonly quarantine: QuarantineGroups;
  readonly timing?: Timing;
}

/**
 * The network cut. New flows end at once; tracked flows live on in AWS until the host cut, running beside this one,
 * ends them, or a network ACL on their way does. Without undo: the function that cuts must stay small, and may not undo.
 */
export function networkCut({
  ec2,
  quarantine,
  timing = systemTiming,
}: RevokeSecurityGroupsOptions): Omit<Action, 'undo'> {
  return {
    ...revokeSecurityGroupsFacts,
    plan: async (context) => planCut(ec2, quarantine, context),
    apply: async (changes, context, ask) => applyCut(ec2, timing, changes, { ask, wasTried: context.resumed === true }),
    verify: async (changes) => verifyCut(ec2, timing, changes),
  };
}
