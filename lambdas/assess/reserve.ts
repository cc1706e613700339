import { askFirst } from '../shared/answers/ask-first.ts';
import { isCutAtOnce } from '../shared/answers/would-be-cut.ts';
import { startOfWindow, type Budget, type BudgetScope } from '../shared/clients/budget.ts';
import { describeError } from '../shared/clients/aws-errors.ts';
import type { Assessment, Cohort, Incident } from '../shared/contracts/incident.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { listServersOf } from '../shared/policy/server-facts.ts';

/** What a reservation rests on. */
export interface BudgetTools {
  readonly policy: Policy;
  readonly budget: Pick<Budget, 'take' | 'count'>;
  /** The service tag of every tagged server; null where it could not be read, or is not asked for. */
  readonly tagged: ReadonlyMap<string, string> | null;
}

/** What the budget says of the servers that would be cut at once. */
export interface Reservation {
  /** Everyone it was asked about. */
  readonly servers: ReadonlySet<string>;
  /** Why a server does not fit. */
  readonly refusals: ReadonlyMap<string, readonly string[]>;
  /** Why it is not known whether a server fits. */
  readonly doubts: ReadonlyMap<string, readonly string[]>;
}

export const nothingReserved: Reservation = { servers: new Set(), refusals: new Map(), doubts: new Map() };

/** One budget and those of the servers that it is about. */
interface Claim {
  readonly scope: BudgetScope;
  readonly servers: readonly string[];
  /** Null where it cannot be known. */
  readonly limit: number | null;
  /** What is told where a server does not fit. */
  readonly words: string;
}

/**
 * Reserves room for every server that would be cut at once, the most urgent cohort first, each by the order of its ids;
 * who waits for a person anyway takes none. Never throws: a budget that cannot be counted is a doubt about its servers.
 * Windows go by the incident's receipt, so that a retry finds the window of its first try.
 */
export async function reserve(
  { receivedAt, signal }: Incident,
  cohorts: readonly Cohort[],
  tools: BudgetTools,
): Promise<Reservation> {
  const cutting = cohorts.filter(isCutAtOnce);
  const claims = listClaims(cutting, receivedAt, tools).filter(({ servers }) => servers.length > 0);
  const answers = await Promise.all(claims.map(async (claim) => settle(claim, signal.breakGlass === true, tools)));
  const servers = listServers(cutting);
  return {
    servers: new Set(servers),
    refusals: collect(servers, answers, ({ claim, granted }, server) =>
      granted === null || granted.has(server) ? null : claim.words,
    ),
    doubts: collect(servers, answers, ({ doubt }) => doubt),
  };
}

/** What a budget said of its claim; `granted` is null where it is in doubt. */
interface Answer {
  readonly claim: Claim;
  readonly granted: ReadonlySet<string> | null;
  readonly doubt: string | null;
}

/** By server, what the budgets it is claimed from say of it. */
function collect(
  servers: readonly string[],
  answers: readonly Answer[],
  say: (answer: Answer, server: string) => string | null,
): Map<string, string[]> {
  const claimed = answers.map((answer) => ({ answer, servers: new Set(answer.claim.servers) }));
  const sayAll = (server: string) =>
    claimed.flatMap(({ answer, servers: concerned }) => (concerned.has(server) ? (say(answer, server) ?? []) : []));
  return new Map(servers.map((server) => [server, sayAll(server)]));
}

/** The budget of all servers and, where the policy sets a share, that of each service. */
function listClaims(cutting: readonly Cohort[], receivedAt: string, tools: BudgetTools): Claim[] {
  const { windowMinutes, servers: limit, servicePercent } = tools.policy.budgets;
  const windowStart = startOfWindow(receivedAt, windowMinutes);
  const words = `Budget of ${limit} servers per ${windowMinutes} minutes is used up`;
  const all = { scope: { windowStart, service: null }, servers: listServers(cutting), limit, words };
  const services = servicePercent === undefined ? [] : new Set(cutting.flatMap(({ service }) => service ?? []));
  return [
    all,
    ...[...services].map((service) => {
      const size = tools.tagged === null ? 0 : listServersOf(service, tools.tagged, tools.policy).length;
      // At least one: else no server of a small service could be cut without a person.
      const share = size === 0 ? null : Math.max(1, Math.floor((size * (servicePercent ?? 0)) / 100));
      return {
        scope: { windowStart, service },
        servers: listServers(cutting.filter((cohort) => cohort.service === service)),
        limit: share,
        words: `Budget of ${share} servers of service "${service}" (${servicePercent} % of ${size}) per ${windowMinutes} minutes is used up`,
      };
    }),
  ];
}

/** Broken glass counts all the same, and fits. */
async function settle(claim: Claim, isBreakGlass: boolean, { budget }: BudgetTools): Promise<Answer> {
  const { scope, servers, limit } = claim;
  const doubtful = (doubt: string): Answer => ({ claim, granted: null, doubt });
  try {
    if (isBreakGlass) {
      await budget.count(scope, servers);
      return { claim, granted: new Set(servers), doubt: null };
    }
    if (limit === null) return doubtful(`The size of service "${scope.service}" is not known`);
    return { claim, granted: await budget.take(scope, servers, limit), doubt: null };
  } catch (error) {
    return doubtful(`The budget could not be counted: ${describeError(error)}`);
  }
}

/**
 * The assessment under the budget: what does not fit waits for a person, and so does what is in doubt, unless it
 * spreads or the glass is broken; that is cut, and the reason says that it was not counted. Pure.
 */
export function applyReservation(
  assessment: Assessment,
  { refusals, doubts }: Reservation,
  policy: Policy,
): Assessment {
  const isBreakGlass = assessment.incident?.signal.breakGlass === true;
  const goesOn = ({ answers }: Cohort) => isBreakGlass || answers.spreads;
  const reasonsOf = (server: string, cohort: Cohort) =>
    cohort.approval === null
      ? [...(refusals.get(server) ?? []), ...(goesOn(cohort) ? [] : (doubts.get(server) ?? []))]
      : [];
  const cohorts = askFirst(assessment.cohorts, reasonsOf, policy.approvals);
  const uncounted = cohorts
    .filter((cohort) => cohort.approval === null && goesOn(cohort))
    .flatMap(({ servers }) => servers.flatMap((server) => doubts.get(server) ?? []));
  const reasons = [...new Set(uncounted)].map((doubt) => `cut without a place in the budget: ${doubt}`);
  return { ...assessment, reason: [assessment.reason, ...reasons].join('; '), cohorts };
}

/** In the order in which they get room. */
function listServers(cohorts: readonly Cohort[]): string[] {
  return [...new Set(cohorts.flatMap(({ servers }) => [...servers].sort()))];
}
