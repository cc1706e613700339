import type { Scenario } from '../scenario.ts';
import { emitEvent, startExecution } from '../trigger.ts';
import type { FaultLab } from './fault-lab.ts';

/** A restore as it told of itself. */
export interface RestoreTold {
  readonly status: string;
  readonly outcome: string;
  readonly statuses: readonly string[];
  readonly summary: string;
}

/** Runs the deployed restore machine and tells how it ended. */
export async function restore(lab: FaultLab, request: object): Promise<RestoreTold> {
  const { aws, deployment } = lab;
  const record = await startExecution(aws, deployment.outputs['RestoreStateMachineArn'] ?? '', request);
  await aws.whenIdle();
  const closed = aws.events.events.findLast(
    ({ event }) => event['detail-type'] === 'Restore closed' && event.detail['executionId'] === record.arn,
  );
  const detail = closed?.event.detail ?? {};
  const results = (detail['results'] ?? []) as readonly { readonly status: string }[];
  return {
    status: record.status,
    outcome: typeof detail['outcome'] === 'string' ? detail['outcome'] : 'nothing published',
    statuses: results.map(({ status }) => status),
    summary: typeof detail['summary'] === 'string' ? detail['summary'] : (record.cause ?? ''),
  };
}

/** Restores incidents one after the other, the newest first, and tells of all. */
export async function restoreAll(lab: FaultLab, incidentIds: readonly string[]): Promise<RestoreTold> {
  const told: RestoreTold[] = [];
  for (const incidentId of incidentIds.toReversed()) {
    told.push(await restore(lab, { incidentId, requestedBy: 'lab', reason: 'faults' }));
  }
  return {
    status: told.find(({ status }) => status !== 'SUCCEEDED')?.status ?? 'SUCCEEDED',
    outcome: told.map(({ outcome }) => outcome).join(),
    statuses: told.flatMap(({ statuses }) => statuses),
    summary: told.map(({ summary }) => summary).join('; '),
  };
}

/** A try that failed is made again after four minutes, and what stands is counted as unlocked after five. */
const untilUnlockedMs = 15 * 60_000;

/** Closes a review and gives the watch its rounds. What it says of itself is what the register says. */
export async function closeReview(lab: FaultLab, { end }: Scenario): Promise<RestoreTold> {
  const { name } = (end as { readonly detail: { readonly name: string } }).detail;
  emitEvent(lab.aws, lab.deployment, end);
  await lab.aws.skipTime(untilUnlockedMs);
  const review = await lab.reviews.find(name);
  const isUnlocked = review === null || review.unlockedAt !== null;
  const summary = `Review "${name}" ${review?.closing === null ? 'is open' : 'is closed'}`;
  return { status: isUnlocked ? 'SUCCEEDED' : 'FAILED', outcome: 'unlocked', statuses: [], summary };
}
