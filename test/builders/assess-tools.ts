import type { AssessTools } from '../../lambdas/assess/assess.ts';
import type { AssessRequest } from '../../lambdas/shared/contracts/assessing.ts';
import type { Assessment } from '../../lambdas/shared/contracts/incident.ts';
import { isCutAtOnce } from '../../lambdas/shared/answers/would-be-cut.ts';
import { receivedAt } from './action-request.ts';
import { FakeTable } from './fake-table.ts';
import { buildPolicy } from './policy.ts';
import { buildDescription, fuseTags } from './server.ts';
import { ownAccount } from './signal.ts';

/** Tools of an account in which every server runs, with these tags by the short names of the fuse's own. */
export function buildAssessTools(
  over: Partial<AssessTools> = {},
  tagsOf: (server: string) => Readonly<Record<string, string>> = () => ({}),
): AssessTools {
  return {
    policy: buildPolicy(),
    accountId: ownAccount,
    region: 'us-east-1',
    describeServers: async (ids) => ids.map((id) => buildDescription({ id, tags: fuseTags(tagsOf(id)) })),
    describeServices: async () => new Map(),
    describeAlarms: async () => [],
    audit: new FakeTable().audit,
    budget: { take: async (_scope, servers) => new Set(servers), count: async () => undefined },
    now: () => new Date(receivedAt),
    ...over,
  };
}

/** A delivery of a manual start; the same ticket and servers are the same incident, each delivery its own execution. */
export function buildDelivery(
  start: { readonly servers: readonly string[]; readonly kind?: string } & Readonly<Record<string, unknown>>,
  over: Partial<AssessRequest> = {},
): AssessRequest {
  const event = { fuse: 'trip', requestedBy: 'ada', reason: 'test', requestId: 't1', kind: 'other-threat', ...start };
  return { event, receivedAt, executionId: 'execution-1', ...over };
}

/** The servers of an assessment that are cut with nobody asked. */
export function listCutAtOnce({ cohorts }: Assessment): string[] {
  return cohorts.filter(isCutAtOnce).flatMap(({ servers }) => servers);
}

/** The servers of an assessment about which a person is asked. */
export function listAsked({ cohorts }: Assessment): string[] {
  return cohorts.filter(({ approval }) => approval !== null).flatMap(({ servers }) => servers);
}
