import type { ActionId, Remark } from '../contracts/action.ts';
import type { Cohort, Incident } from '../contracts/incident.ts';
import type { Policy } from '../policy/policy-schema.ts';

/** JSON as it stands in the audit table. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * One intended change with everything that undo needs. `before` is the full former state of the target and `intended`
 * what the change sets; both are compared with the present state by restore.
 */
export interface Change {
  /** The resource the mutating call is made on: `eni-…`, `sgr-…` or, for host work, the instance id. */
  readonly target: string;
  /** The server it belongs to: the guard judges this one. */
  readonly server: string;
  /** Other servers that feel it (a rule of a group they share); the guard judges each, one refusal refuses the change. */
  readonly alsoTouches?: readonly string[];
  /** True for a change that leads traffic elsewhere: a server that is gone needs it most of all. Default: it ends with it. */
  readonly outlivesServer?: boolean;
  readonly before: Json;
  readonly intended: Json;
}

/** A plan: what would be changed, and what is left alone with the reason. Reading only, nothing is mutated. */
export interface ActionPlan {
  readonly changes: readonly Change[];
  /** What needs no change, or must not have one: does not spoil the outcome. */
  readonly leftAlone: readonly Remark[];
  /** What should be changed and cannot be: counts as failed. */
  readonly unable: readonly Remark[];
  /**
   * Set where the action ends before it starts: nobody could take over, or a person has to act. A person may also have to
   * act on some servers while others are changed.
   */
  readonly instead?: { readonly status: 'no-standby' | 'handed-over'; readonly summary: string };
}

/** What one change looked like after it was made: read back, never taken from a return code. */
export interface Observation {
  readonly target: string;
  readonly held: boolean;
  readonly seen: Json;
  readonly reason: string;
  readonly connectionsCut: number;
  /** False where all was found as it must be and nothing was changed. Left out: it was changed. */
  readonly changed?: boolean;
}

/** The result of undoing one change. */
export interface Undoing {
  readonly target: string;
  readonly status: 'undone' | 'already-undone' | 'irreversible' | 'drifted' | 'failed';
  readonly reason: string;
}

/** IAM permissions of one kind, with the reason; `${…}` placeholders are filled by CDK. */
export interface Permission {
  readonly actions: readonly string[];
  /** ARNs with the placeholders ${Partition}, ${Region}, ${Account}, ${DocumentName}; or `*` with the reason why. */
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  readonly reason: string;
}

/** Everything an action may know besides its clients. */
export interface ActionContext {
  readonly incident: Incident;
  readonly cohort: Cohort;
  readonly policy: Policy;
  /** True when an earlier try may have made some of the changes already: apply looks before it calls. */
  readonly resumed?: boolean;
}

/** The guard in front of one call: throws GuardRefusedError where it would refuse the change by now. */
export type Ask = (change: Change) => Promise<void>;

/**
 * One kind of change. The runner calls the functions in this order and is their only caller:
 * plan → guard → write-ahead entry → apply → verify; restore calls undo.
 */
export interface Action {
  readonly id: ActionId;
  /** One line for docs/actions.md. */
  readonly summary: string;
  /** What is saved before the first mutating call, and what undo does with it: for docs/actions.md. */
  readonly saves: string;
  readonly undoes: string;
  /** Parts that were parsed and asserted but not run against the real system, for docs/actions.md. Left out: none. */
  readonly notRun?: string;
  /**
   * True when the cuts of several incidents meet in one state of the target (an interface's groups), so that they are
   * undone newest first; false when they lie side by side (one nft table an incident).
   */
  readonly sharesTargets: boolean;
  /** True for what a person alone undoes, whatever the expiry of the cut beside it. Default: it expires with the cohort. */
  readonly neverExpires?: boolean;
  /** True for the one action that may touch lifelines, and nothing else; it cuts nothing. Left out: it never touches one. */
  readonly keepsAlive?: boolean;
  readonly permissions: {
    readonly plan: readonly Permission[];
    readonly apply: readonly Permission[];
    readonly undo: readonly Permission[];
  };
  plan(context: ActionContext): Promise<ActionPlan>;
  /**
   * Makes the changes, all of them in parallel; a target that fails does not stop the others. It asks right before each
   * call that changes something, and again before it repeats one.
   */
  apply(changes: readonly Change[], context: ActionContext, ask: Ask): Promise<readonly Remark[]>;
  /** Reads every changed target back. */
  verify(changes: readonly Change[], context: ActionContext): Promise<readonly Observation[]>;
  /**
   * Compares before, intended and now (three-way) and puts back each target that still is as the change left it; reads
   * back. `seen` is what verify saw, by target, where the action got that far.
   */
  undo(changes: readonly Change[], seen: ReadonlyMap<string, Json>): Promise<readonly Undoing[]>;
}

/** Everything about an action but its four functions: what CDK grants from and docs/actions.md is made of. */
export type ActionFacts = Omit<Action, 'plan' | 'apply' | 'verify' | 'undo'>;
