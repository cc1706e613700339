import type { Action, Ask, Change } from '../actions/action.ts';
import type { Cohort } from '../contracts/incident.ts';
import { FuseError, GuardRefusedError } from '../errors.ts';
import type { Policy } from '../policy/policy-schema.ts';
import { judge } from './judge.ts';
import type { GuardFacts } from './read-facts.ts';

/** A look at mode and tags, and when it began, in Unix milliseconds. */
export interface Look {
  readonly atMs: number;
  readonly facts: GuardFacts;
}

/** What the guard asks again with. */
export interface AskingTools {
  readonly action: Pick<Action, 'keepsAlive'>;
  readonly cohort: Cohort;
  readonly policy: Policy;
  read(): Promise<GuardFacts>;
  nowMs(): number;
}

/**
 * A look counts for those who ask so long after it began. The calls of a cut begin sooner after it; only those that had to
 * wait ask anew, all at once.
 */
export const lookCountsForMs = 2_000;

/**
 * The guard in front of each single call: the look by which the action was judged counts for two seconds from its
 * beginning, then mode and tags are read again, once for all calls that wait. A read that fails is thrown, so nothing is
 * called.
 */
export function askAgain(first: Look, tools: AskingTools): Ask {
  let latest = { atMs: first.atMs, facts: Promise.resolve(first.facts) };
  return async (change) => {
    // A clock that was set back meanwhile must not make the look younger than it is.
    if (Math.abs(tools.nowMs() - latest.atMs) >= lookCountsForMs) latest = { atMs: tools.nowMs(), facts: tools.read() };
    const reason = findRefusalOf(change, await latest.facts.catch(throwCause), tools);
    if (reason !== null) throw new GuardRefusedError(`${change.target} not touched: ${reason}`);
  };
}

/** In AWS's own words: by them whoever repeats a call knows whether the failure may pass. */
function throwCause(error: unknown): never {
  throw error instanceof FuseError && error.cause instanceof Error ? error.cause : error;
}

function findRefusalOf(change: Change, facts: GuardFacts, { action, cohort, policy }: AskingTools): string | null {
  // Whoever asks is armed.
  if (facts.mode === 'shadow') return 'The fuse was switched to shadow while it cut';
  const plan = { changes: [change], leftAlone: [], unable: [] };
  // Only those it touches: a thousand calls must not judge a thousand servers each.
  const servers = [change.server, ...(change.alsoTouches ?? [])];
  const { allowed, refusals } = judge(plan, { ...cohort, servers }, facts, policy, action);
  return allowed.length > 0 ? null : (refusals[0]?.reason ?? 'Server is terminated: nothing to cut');
}
