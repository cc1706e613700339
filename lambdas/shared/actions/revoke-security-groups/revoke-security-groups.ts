import { systemTiming } from '../../clients/aws-errors.ts';
import type { Action } from '../action.ts';
import { networkCut, type RevokeSecurityGroupsOptions } from './cut-network.ts';
import { undoCut } from './undo-cut.ts';

export { revokeSecurityGroupsFacts } from './facts.ts';

/** The network cut with its way back. */
export function revokeSecurityGroups(options: RevokeSecurityGroupsOptions): Action {
  const { ec2, timing = systemTiming } = options;
  return { ...networkCut(options), undo: async (changes) => undoCut(ec2, timing, changes) };
}
