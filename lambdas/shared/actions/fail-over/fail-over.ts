import { describeError, systemTiming, type Timing } from '../../clients/aws-errors.ts';
import type { Remark } from '../../contracts/action.ts';
import { mapConcurrently } from '../../map-concurrently.ts';
import type { Action, ActionContext, Change } from '../action.ts';
import { retryTransient } from '../retry-transient.ts';
import { failOverFacts } from './facts.ts';
import { openSwitch, type Switch } from './open-mechanism.ts';
import { findNoStandby, planFailOver, type FailOverTools } from './plan-fail-over.ts';
import { failBack, observeSwitch, route } from './switch-routing.ts';

export type FailOverOptions = Omit<FailOverTools, 'timing'> & { readonly timing?: Timing };

/** From the first read to the last look. The function has 170 s, and the audit needs some of it. */
const runForMs = 150_000;

/** What of it the calls may take, so that some is left to look. */
const applyForMs = 110_000;

/** Time for the way back of one entry; its function has 110 s. */
const undoForMs = 80_000;

/** Calls under way at once: only Auto Scaling has several changes, all on one group. */
const callsAtOnce = 5;

/**
 * The switch of a service to its standby by the mechanism that the policy declares. No call is made unless the standby
 * was found healthy in the moment before; what was not seen in time is failed, never verified. One instance serves one
 * invocation: its time counts from here.
 */
export function failOver(options: FailOverOptions): Action {
  const tools: FailOverTools = { timing: systemTiming, ...options };
  const startMs = tools.timing.nowMs();
  // A mechanism remembers its own call: the look that follows asks what has become of it.
  const opened = new Map<string, Switch>();
  const open = (change: Change) => {
    const known = opened.get(change.target) ?? openSwitch(change, tools);
    opened.set(change.target, known);
    return known;
  };
  return {
    ...failOverFacts,
    plan: async (context) => planFailOver(tools, context),
    apply: async (changes, context, ask) =>
      (
        await mapConcurrently(changes, callsAtOnce, async (change) =>
          applyOne(change, open(change), tools, { context, ask: async () => ask(change) }, startMs + applyForMs),
        )
      ).flat(),
    verify: async (changes) =>
      mapConcurrently(changes, changes.length, async (change) =>
        observeSwitch(change, open(change), tools.timing, startMs + runForMs),
      ),
    undo: async (changes, seen) => {
      const deadlineMs = tools.timing.nowMs() + undoForMs;
      return mapConcurrently(changes, callsAtOnce, async (change) =>
        failBack(change, seen.get(change.target), tools, deadlineMs),
      );
    },
  };
}

/** Switches what still is as it was planned; a target that fails does not stop the others. */
async function applyOne(
  { target }: Change,
  found: Switch,
  tools: FailOverTools,
  { context, ask }: { readonly context: ActionContext; readonly ask: () => Promise<void> },
  deadlineMs: number,
): Promise<Remark[]> {
  const { mechanism, way } = found;
  try {
    const present = await retryTransient(tools.timing, deadlineMs, async () => mechanism.read());
    const place = mechanism.place(present, way);
    const wasTried = context.resumed === true;
    if (place === 'to' && !(wasTried && mechanism.settlesByCall === true)) return [];
    if (place === 'other') return [{ target, reason: 'Changed since it was planned: left as it is' }];
    if (wasTried && !mechanism.isRepeatable) {
      return [
        { target, reason: 'Not called again: an earlier try may have made the call, and a second would switch back' },
      ];
    }
    const hindrance = await findNoStandby(tools, context, mechanism, way);
    if (hindrance !== null) return [{ target, reason: `Not switched, the standby cannot take over: ${hindrance}` }];
    await route(found, present, tools.timing, deadlineMs, ask);
    return [];
  } catch (error) {
    return [{ target, reason: describeError(error) }];
  }
}
