import type { Plan, PlanStep } from './plan-step.ts';
import type { Replayed } from './replay-plan.ts';

/** Where the time of one replay went. */
export type Share =
  | 'EventBridge and Step Functions'
  | 'cold starts'
  | 'invocations'
  | 'EC2'
  | 'DynamoDB'
  | 'other calls'
  | 'our own code';

/**
 * Goes back from a step over what let each begin, to the event, and adds up whose time it was; connections and refusals
 * count to the service they lead to. The sum is the time of the step.
 */
export function explainPath(plan: Plan, replayed: Replayed, target: number): ReadonlyMap<Share, number> {
  const shares = new Map<Share, number>();
  const add = (share: Share, milliseconds: number) => shares.set(share, (shares.get(share) ?? 0) + milliseconds);
  for (let place = target; place !== -1; place = replayed.causes[place] ?? -1) {
    const step = plan[place];
    if (step === undefined) break;
    const cause = replayed.causes[place] ?? -1;
    const freeMs = cause === -1 ? 0 : (replayed.doneMs[cause] ?? 0);
    const coldMs = replayed.coldMs[place] ?? 0;
    add('our own code', step.ownMs);
    add('cold starts', coldMs);
    add(toShare(step), (replayed.doneMs[place] ?? 0) - freeMs - step.ownMs - coldMs);
  }
  return shares;
}

function toShare({ kind, service }: PlanStep): Share {
  if (kind === 'machine') return 'EventBridge and Step Functions';
  if (kind !== 'call') return 'invocations';
  if (service === 'ec2') return 'EC2';
  return service === 'dynamodb' ? 'DynamoDB' : 'other calls';
}
