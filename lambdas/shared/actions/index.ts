import type { ActionId } from '../contracts/action.ts';
import type { Action } from './action.ts';
import { killConnectionsFacts } from './kill-connections/kill-connections.ts';
import { revokeSecurityGroupsFacts } from './revoke-security-groups/revoke-security-groups.ts';

/** Everything about an action but its four functions: what CDK grants from and docs/actions.md is made of. */
export type ActionFacts = Omit<Action, 'plan' | 'apply' | 'verify' | 'undo'>;

/** The actions that act by themselves; the others are handed to a person so far. */
export const actions: Partial<Readonly<Record<ActionId, ActionFacts>>> = {
  'revoke-security-groups': revokeSecurityGroupsFacts,
  'kill-connections': killConnectionsFacts,
};
