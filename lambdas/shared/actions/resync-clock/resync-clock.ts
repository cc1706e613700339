import * as z from 'zod/mini';
import type { Action, ActionContext } from '../action.ts';
import { hostAction, type HostOrder, type HostSight, type HostTools, type HostWork } from '../host-work/host-action.ts';
import { resyncClockFacts } from './facts.ts';
import { readVerdict } from '../host-work/read-verdict.ts';

/** Measuring, a burst of about 5 s, and the readings afterwards, which may take a minute. */
const deadlineSeconds = 100;

/** The one line a host prints after it measured its clock, and set it where that was wanted. */
export const ClockVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('resync-clock'),
  incident: z.string(),
  mode: z.enum(['measure', 'step']),
  source: z.string(),
  offsetBeforeMs: z.nullable(z.number()),
  offsetAfterMs: z.nullable(z.number()),
  boundAfterMs: z.nullable(z.number()),
  stepped: z.boolean(),
  stable: z.boolean(),
  withinLimit: z.boolean(),
  hardwareClock: z.string(),
  error: z.string(),
});

export const resyncClockWork: HostWork = {
  facts: resyncClockFacts,
  platforms: ['Linux', 'Windows'],
  deadlineSeconds,
  order,
  see,
  undo: { irreversible: 'The clock was set right; setting it wrong again would be no undo' },
};

export function resyncClock(tools: HostTools): Action {
  return hostAction(resyncClockWork, tools);
}

function order({ incident, cohort, policy }: ActionContext): HostOrder {
  const { profile } = cohort;
  if (profile !== 'trading' && profile !== 'medical') {
    return { kind: 'nothing', reason: `Profile ${profile} has no clock to set` };
  }
  const { clockOffsetMs, timeDifferenceSeconds } = policy.thresholds;
  const limitMs = profile === 'trading' ? clockOffsetMs : timeDifferenceSeconds * 1000;
  return {
    kind: 'run',
    before: { clock: 'as measured on the host before the step' },
    parameters: {
      incident: incident.id,
      mode: 'step',
      source: policy.profiles[profile].timeSource,
      limitMs: String(limitMs),
      stableSeconds: String(profile === 'trading' ? policy.profiles.trading.stableSeconds : 5),
      deadlineSeconds: String(deadlineSeconds),
    },
  };
}

/** Held means: read back under the limit, again and again, and the next restart will not bring the error back. */
function see(output: string, incident: string): HostSight {
  const verdict = readVerdict(ClockVerdictSchema, output, incident);
  if (verdict === null) return null;
  const { ok, error, withinLimit, stable, offsetBeforeMs, offsetAfterMs, hardwareClock } = verdict;
  const held = ok && error === '' && withinLimit && stable;
  const way = `${offsetBeforeMs ?? 'unknown'} ms before, ${offsetAfterMs ?? 'unknown'} ms after`;
  const reason = error === '' ? `Offset ${way}, hardware clock ${hardwareClock}` : error;
  return { held, seen: verdict, reason, connectionsCut: 0 };
}
