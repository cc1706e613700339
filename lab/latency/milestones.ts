import { findReadBacks, isBlocking } from './plan-step.ts';
import type { Plan } from './plan-step.ts';
import type { Replayed } from './replay-plan.ts';

/** Milliseconds from the event to what matters. */
export interface Milestones {
  /** The first call that blocks anything was answered. */
  readonly firstBlock: number;
  /** The last one was. */
  readonly allBlocked: number;
  /** The network cut was read back. */
  readonly verified: number;
  /** The last command to the hosts was accepted; the way to the host comes on top. */
  readonly hostCutSent: number;
}

/** Reads the milestones of one replay. */
export function readMilestones(plan: Plan, { doneMs }: Replayed): Milestones {
  const timesOf = (isWanted: (place: number) => boolean): number[] =>
    doneMs.filter((_, place) => isWanted(place)).filter((time) => !Number.isNaN(time));
  const blocks = timesOf((place) => {
    const step = plan[place];
    return step !== undefined && isBlocking(step);
  });
  const readBacks = findReadBacks(plan);
  return {
    firstBlock: Math.min(...blocks),
    allBlocked: Math.max(...blocks),
    verified: Math.max(...timesOf((place) => readBacks.has(place))),
    hostCutSent: Math.max(...timesOf((place) => plan[place]?.operation === 'SendCommand')),
  };
}
