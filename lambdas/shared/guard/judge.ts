import type { Action, ActionPlan, Change } from '../actions/action.ts';
import type { Mode } from '../clients/audit-table.ts';
import type { Remark } from '../contracts/action.ts';
import type { Cohort } from '../contracts/incident.ts';
import type { Policy } from '../policy/policy-schema.ts';
import { readServerFacts } from '../policy/server-facts.ts';
import type { GuardFacts } from './read-facts.ts';

/** What the guard lets through, and what it does not. */
export interface Judgement extends Omit<ActionPlan, 'changes'> {
  readonly mode: Mode;
  readonly allowed: readonly Change[];
  readonly refusals: readonly Remark[];
}

/** States in which a server has no connections left to cut. */
export const goneStates: ReadonlySet<string> = new Set(['terminated', 'shutting-down']);

/**
 * Judges a plan by what was read just now: refuses lifelines, servers whose facts are missing or say more than the
 * assessment knew, and everything while the fuse is off. A change that touches several servers needs the consent for
 * each. A terminated server is no failure: there is nothing left to cut. An action that keeps lifelines alive is judged the
 * other way round: it may touch lifelines, and nothing else.
 */
export function judge(
  plan: ActionPlan,
  cohort: Cohort,
  facts: GuardFacts,
  policy: Policy,
  { keepsAlive = false }: Pick<Action, 'keepsAlive'> = {},
): Judgement {
  const findReason = keepsAlive ? findRefusalToKeep : findRefusal;
  const refusalOf = (server: string) => findReason(server, cohort, facts, policy);
  const isGone = (server: string) => goneStates.has(facts.servers.get(server)?.state ?? '');
  const mayChange = ({ server, alsoTouches = [], outlivesServer = false }: Change) =>
    (outlivesServer || ![server, ...alsoTouches].every(isGone)) &&
    [server, ...alsoTouches].every((touched) => refusalOf(touched) === null);
  const gone = cohort.servers.filter((server) => isGone(server) && refusalOf(server) === null);
  return {
    mode: facts.mode,
    allowed: plan.changes.filter(mayChange),
    refusals: cohort.servers.flatMap((target) => {
      const reason = refusalOf(target);
      return reason === null ? [] : [{ target, reason }];
    }),
    leftAlone: [
      ...plan.leftAlone,
      ...gone.map((target) => ({ target, reason: 'Server is terminated: nothing to cut' })),
    ],
    // Only host work names servers here; what is refused or gone cannot fail on top of it.
    unable: plan.unable.filter(
      ({ target }) => !cohort.servers.includes(target) || (refusalOf(target) === null && !isGone(target)),
    ),
    ...(plan.instead !== undefined && { instead: plan.instead }),
  };
}

/** Why a server must not be kept alive by the fuse, or null: only a lifeline is, and only while it is one. */
function findRefusalToKeep(server: string, _cohort: Cohort, facts: GuardFacts, policy: Policy): string | null {
  if (facts.mode === 'off') return 'The fuse is off';
  const description = facts.servers.get(server);
  if (description === undefined) return 'Facts about the server could not be read';
  return readServerFacts(description, policy).lifeline === null
    ? 'Server is no lifeline: nothing is kept alive there'
    : null;
}

/** Why a server must not be touched, or null; missing facts are a reason. */
function findRefusal(server: string, cohort: Cohort, facts: GuardFacts, policy: Policy): string | null {
  if (facts.mode === 'off') return 'The fuse is off';
  const description = facts.servers.get(server);
  if (description === undefined) return 'Facts about the server could not be read';
  const { lifeline, goldenChannels } = readServerFacts(description, policy);
  if (lifeline !== null) return lifeline;
  const unknown = goldenChannels.find((channel) => !cohort.goldenChannels.includes(channel));
  return unknown === undefined ? null : `Golden channel "${unknown}" was not known when the server was assessed`;
}
