import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AuditTable } from '../../lambdas/shared/clients/audit-table.ts';
import { ReviewRegister } from '../../lambdas/shared/reviews/review-register.ts';
import type { Review } from '../../lambdas/shared/reviews/review.ts';
import type { ReviewScope } from '../../lambdas/shared/reviews/review-event.ts';
import { seeLocks } from '../../lambdas/shared/reviews/see-locks.ts';
import { tellStandings } from '../../lambdas/shared/reviews/tell-review.ts';
import type { ServerStanding } from '../../lambdas/shared/reviews/tell-review.ts';
import type { Deployment } from '../account.ts';
import { paint, print, printJson, toTable } from '../output.ts';

/** A review as it is told: `unlocking` is closed, and something of it is still cut or may be. */
interface ReviewShown extends Review {
  readonly state: 'open' | 'unlocking' | 'unlocked';
  readonly servers: readonly ServerStanding[];
  /** Incidents of it among what is cut right now. */
  readonly stillCut: readonly string[];
}

/** Tells every review with what was read back of its locks; nothing is called locked because it was asked for. */
export async function listReviews(
  { tableName }: Pick<Deployment, 'tableName'>,
  { all = false, json = false }: { readonly all?: boolean; readonly json?: boolean },
): Promise<void> {
  const client = new DynamoDBClient();
  const register = new ReviewRegister(client, tableName);
  const audit = new AuditTable(client, tableName);
  const reviews = (await register.list()).filter(({ unlockedAt }) => all || unlockedAt === null);
  const shown: ReviewShown[] = [];
  for (const review of reviews) shown.push(await show(review, register, audit));
  if (json) return shown.forEach(({ opening, ...rest }) => printJson({ ...opening, ...rest }));
  if (shown.length === 0) print(all ? 'no review yet' : 'no review is open');
  for (const one of shown) printReview(one);
}

async function show(review: Review, register: ReviewRegister, audit: AuditTable): Promise<ReviewShown> {
  const { locks } = await register.readSteps(review.opening.name);
  const seen = await seeLocks(locks, audit, new Date().toISOString());
  const cut = new Set((await audit.listCuts()).map(({ entry }) => entry.incidentId));
  const stillCut = seen.filter(({ incidentId }) => cut.has(incidentId)).map(({ incidentId }) => incidentId);
  const isDone = review.unlockedAt !== null || (stillCut.length === 0 && seen.every(({ isOver }) => isOver));
  const state = review.closing === null ? 'open' : isDone ? 'unlocked' : 'unlocking';
  return { ...review, state, servers: tellStandings(seen), stillCut };
}

function printReview({ opening, closing, state, servers, stillCut }: ReviewShown): void {
  const { name, border, scope, owner, until, reason } = opening;
  print(
    `${paint.strong(name)} ${state}: border ${border} for ${showScope(scope)}, until ${until}, ${owner}: ${reason}`,
  );
  if (closing !== null) print(`  closed ${closing.at} by ${closing.by}: ${closing.reason}`);
  if (closing !== null && stillCut.length > 0) print(paint.warn(`  still cut: ${stillCut.join(', ')}`));
  if (closing === null && servers.length === 0) print('  no server was in scope yet');
  const rows = servers.map(({ server, state: lock, reason: why }) => [server, lock, why]);
  if (closing === null) for (const line of toTable(rows)) print(`  ${line}`);
}

function showScope({ service, profile, servers = [] }: ReviewScope): string {
  if (service !== undefined) return `service ${service}`;
  return profile === undefined ? servers.join(', ') : `profile ${profile}`;
}
