import * as z from 'zod/mini';
import type { ActionContext, Json, Undoing } from '../action.ts';
import type { HostOrder, HostSight, HostWork } from '../host-work/host-action.ts';
import { neverChanged, wasNeverChanged } from '../host-work/item-verdicts.ts';
import { readVerdict } from '../host-work/read-verdict.ts';
import type { LifelineTime } from '../../policy/time-source-schema.ts';
import { holdOpenFacts } from './facts.ts';
import { HoldVerdictSchema, ReleaseVerdictSchema, type HoldVerdict } from './verdicts.ts';

/** Asking takes 6 s, a new source 20 s to answer, the selection 30 s. */
const deadlineSeconds = 80;
const undoDeadlineSeconds = 60;

/** What is run on hosts whose clocks hang on the same sources. */
export function holdWork(time: LifelineTime): HostWork {
  return {
    facts: holdOpenFacts,
    platforms: ['Linux'],
    leavesToPeople: true,
    deadlineSeconds,
    order: (context) => order(context, time),
    see: (output, incident) => see(output, incident, time),
    undo: {
      parameters: ({ intended }, seen) => ({
        incident: z.parse(z.object({ incident: z.string() }), intended).incident,
        changed: readChanged(seen),
        deadlineSeconds: String(undoDeadlineSeconds),
      }),
      read: readRelease,
    },
  };
}

function order({ incident, policy }: ActionContext, { sources, backup, limitMs }: LifelineTime): HostOrder {
  return {
    kind: 'run',
    before: { sources: 'as noted on the host before the first change' },
    parameters: {
      incident: incident.id,
      sources: sources.join(' '),
      backup: toParameter(backup),
      limitMs: String(limitMs ?? policy.thresholds.clockOffsetMs),
      deadlineSeconds: String(deadlineSeconds),
    },
  };
}

function toParameter(backup: LifelineTime['backup']): string {
  switch (backup.kind) {
    case 'server':
      return `server:${backup.address}`;
    case 'reference-clock':
      return `clock:${backup.referenceId}`;
    case 'holdover':
      return 'holdover';
    default:
      return backup satisfies never;
  }
}

/**
 * Held means: the host read back who the time comes from, and that the clock is surely within the limit. In holdover the
 * time comes from nobody, so the hardware clock must vouch for it.
 */
function see(output: string, incident: string, { backup }: LifelineTime): HostSight {
  const verdict = readVerdict(HoldVerdictSchema, output, incident);
  if (verdict === null) return null;
  const { ok, error, result, changed, boundMs, limitMs } = verdict;
  const doubt = backup.kind === 'holdover' ? findDoubt(verdict) : null;
  const isRight = ok && error === '' && result !== 'failed' && boundMs !== null && boundMs <= limitMs;
  const words = [...(doubt === null ? [] : [`Not held: ${doubt}`]), describeHold(verdict)].join(', ');
  return {
    held: isRight && doubt === null,
    seen: verdict,
    reason: error === '' ? words : error,
    connectionsCut: 0,
    changed,
  };
}

/** Why a clock that goes on alone is not vouched for, or null; sources that still work need no hardware clock. */
function findDoubt({ result, hardwareClock }: HoldVerdict): string | null {
  if (result === 'kept' || hardwareClock === 'agrees') return null;
  if (hardwareClock === 'none') return 'no hardware clock';
  return hardwareClock === 'differs' ? 'hardware clock differs' : 'hardware clock not read';
}

const resultWords = {
  kept: 'its own sources keep the clock right',
  carried: 'the backup carries it already',
  switched: 'switched to the backup',
  failed: 'not held',
} as const;

/** One sentence with the figures a person on call wants. Pure. */
function describeHold(verdict: HoldVerdict): string {
  const { result, backup, selected, watched, boundMs, limitMs, growthPpm, underLimitSeconds, hardwareClock } = verdict;
  const silent = watched.filter(({ answer }) => answer === 'silent').map(({ name }) => name);
  const isAlone = result === 'switched' && backup === 'holdover';
  return [
    result === 'kept' ? resultWords.kept : `${resultWords[result]} (${backup})`,
    !isAlone && `time from ${selected === '' ? 'no source' : selected}`,
    silent.length > 0 && `${silent.join(', ')} silent`,
    `at most ${boundMs ?? 'unknown'} ms off, limit ${limitMs} ms`,
    isAlone && `hardware clock ${hardwareClock}`,
    growthPpm !== null && `grows by ${growthPpm} ppm, under the limit for ${underLimitSeconds ?? 'unknown'} s more`,
  ]
    .filter((part) => part !== false)
    .join(', ');
}

/** Without a verdict on record the note on the host decides. */
function readChanged(seen: Json | undefined): string {
  const parsed = z.safeParse(HoldVerdictSchema, seen);
  if (!parsed.success) return '';
  return parsed.data.changed ? 'yes' : 'no';
}

function readRelease(output: string, incident: string, seen: Json | undefined): Omit<Undoing, 'target'> | null {
  const verdict = readVerdict(ReleaseVerdictSchema, output, incident);
  if (verdict === null) return null;
  const { error, sources } = verdict;
  if (wasNeverChanged(verdict, sources, seen)) return neverChanged;
  const words = sources.map(({ name, status }) => `${name} ${status}`).join(', ');
  const statuses = new Set(sources.map(({ status }) => status));
  if (statuses.has('drifted') && !statuses.has('failed')) return { status: 'drifted', reason: error || words };
  if (!verdict.ok || error !== '') return { status: 'failed', reason: error || words };
  if (statuses.has('undone')) return { status: 'undone', reason: words };
  return { status: 'already-undone', reason: words === '' ? 'No source was changed' : words };
}
