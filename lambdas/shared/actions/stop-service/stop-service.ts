import * as z from 'zod/mini';
import type { Action, ActionContext, Json, Undoing } from '../action.ts';
import { hostAction, type HostOrder, type HostSight, type HostTools, type HostWork } from '../host-work/host-action.ts';
import { judgeItems, listActiveBefore, neverChanged, wasNeverChanged } from '../host-work/item-verdicts.ts';
import { stopServiceFacts } from './facts.ts';
import { readVerdict } from '../host-work/read-verdict.ts';
import { StartVerdictSchema, StopVerdictSchema } from './verdicts.ts';

const deadlineSeconds = 40;

export const stopServiceWork: HostWork = {
  facts: stopServiceFacts,
  platforms: ['Linux', 'Windows'],
  deadlineSeconds,
  order,
  see,
  undo: {
    parameters: ({ intended }, seen) => ({
      incident: z.parse(z.object({ incident: z.string() }), intended).incident,
      services: listActiveBefore(seen, 'services'),
      deadlineSeconds: String(deadlineSeconds),
    }),
    read: readStart,
  },
};

/** `document` stops, `undoDocument` starts. */
export function stopService(tools: HostTools): Action {
  return hostAction(stopServiceWork, tools);
}

function order({ incident, cohort, policy }: ActionContext): HostOrder {
  const { profile } = cohort;
  if (profile !== 'trading' && profile !== 'medical') {
    return { kind: 'nothing', reason: `Profile ${profile} stops no service` };
  }
  const services = policy.profiles[profile].services.join(' ');
  return {
    kind: 'run',
    before: { services: 'as noted on the host' },
    parameters: { incident: incident.id, services, deadlineSeconds: String(deadlineSeconds) },
  };
}

function see(output: string, incident: string): HostSight {
  const verdict = readVerdict(StopVerdictSchema, output, incident);
  if (verdict === null) return null;
  return judgeItems(verdict, verdict.services, ['stopped', 'already-stopped']);
}

function readStart(output: string, incident: string, seen: Json | undefined): Omit<Undoing, 'target'> | null {
  const verdict = readVerdict(StartVerdictSchema, output, incident);
  if (verdict === null) return null;
  if (wasNeverChanged(verdict, verdict.services, seen)) return neverChanged;
  const words = verdict.services.map(({ name, status }) => `${name} ${status}`).join(', ');
  const statuses = new Set(verdict.services.map(({ status }) => status));
  if (statuses.has('failed') || verdict.error !== '') return { status: 'failed', reason: verdict.error || words };
  if (statuses.has('drifted')) return { status: 'drifted', reason: words };
  if (statuses.has('started')) return { status: 'undone', reason: words };
  return { status: 'already-undone', reason: words === '' ? 'No service was active before' : words };
}
