import * as z from 'zod/mini';
import type { Action, ActionContext, Json, Undoing } from '../action.ts';
import { hostAction, type HostOrder, type HostSight, type HostTools, type HostWork } from '../host-work/host-action.ts';
import { judgeItems, neverChanged, wasNeverChanged } from '../host-work/item-verdicts.ts';
import { holdTaskFacts } from './facts.ts';
import { readVerdict } from '../host-work/read-verdict.ts';
import { HoldVerdictSchema, ReleaseTaskVerdictSchema } from './verdicts.ts';

const deadlineSeconds = 30;
const IntendedSchema = z.object({ incident: z.string(), tasks: z.string(), manner: z.string() });

export const holdTaskWork: HostWork = {
  facts: holdTaskFacts,
  platforms: ['Linux', 'Windows'],
  deadlineSeconds,
  order,
  see,
  undo: {
    // Without names: the host's note knows which of them it holds.
    parameters: ({ intended }) => {
      const { incident, manner } = z.parse(IntendedSchema, intended);
      return { incident, manner, deadlineSeconds: String(deadlineSeconds) };
    },
    read: readRelease,
  },
};

/** `document` holds, `undoDocument` releases. */
export function holdTask(tools: HostTools): Action {
  return hostAction(holdTaskWork, tools);
}

function order({ incident, cohort, policy }: ActionContext): HostOrder {
  const { tasks, taskManner } = policy.profiles.medical;
  if (cohort.profile !== 'medical') return { kind: 'nothing', reason: `Profile ${cohort.profile} holds no task` };
  if (tasks.length === 0) return { kind: 'nothing', reason: 'The policy names no task to hold' };
  return {
    kind: 'run',
    before: { tasks: 'as noted on the host' },
    parameters: {
      incident: incident.id,
      tasks: tasks.join(' '),
      manner: taskManner,
      deadlineSeconds: String(deadlineSeconds),
    },
  };
}

function see(output: string, incident: string): HostSight {
  const verdict = readVerdict(HoldVerdictSchema, output, incident);
  return verdict === null ? null : judgeItems(verdict, verdict.tasks, ['held', 'already-held']);
}

function readRelease(output: string, incident: string, seen: Json | undefined): Omit<Undoing, 'target'> | null {
  const verdict = readVerdict(ReleaseTaskVerdictSchema, output, incident);
  if (verdict === null) return null;
  if (wasNeverChanged(verdict, verdict.tasks, seen)) return neverChanged;
  const words = verdict.tasks.map(({ name, status }) => `${name} ${status}`).join(', ');
  const statuses = new Set(verdict.tasks.map(({ status }) => status));
  if (statuses.has('failed') || verdict.error !== '') return { status: 'failed', reason: verdict.error || words };
  if (statuses.has('drifted')) return { status: 'drifted', reason: words };
  return { status: statuses.has('released') ? 'undone' : 'already-undone', reason: words || 'No task was held' };
}
