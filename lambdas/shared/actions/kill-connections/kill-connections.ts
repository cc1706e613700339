import * as z from 'zod/mini';
import type { Action, Json, Undoing } from '../action.ts';
import { hostAction, type HostSight, type HostTools, type HostWork } from '../host-work/host-action.ts';
import { killConnectionsFacts } from './facts.ts';
import { readVerdict } from '../host-work/read-verdict.ts';
import { deadlineSeconds, toParameters, toWindowsParameters } from './plan-kill.ts';
import { findFaultInKill, KillVerdictSchema, ReleaseVerdictSchema, type KillVerdict } from './verdicts.ts';

const IncidentSchema = z.object({ incident: z.string() });
const SeenSchema = z.object({ tableDigest: z.string() });

/** The host cut. What a host listed after the kill is the proof. */
export const killConnectionsWork: HostWork = {
  facts: killConnectionsFacts,
  platforms: ['Linux', 'Windows'],
  deadlineSeconds,
  order: (context) => ({
    kind: 'run',
    before: { table: 'none' },
    parameters: toParameters(context),
    windowsParameters: toWindowsParameters(context),
  }),
  see,
  undo: {
    parameters: ({ intended }, seen) => ({
      incident: z.parse(IncidentSchema, intended).incident,
      expectedDigest: digestOf(seen),
      deadlineSeconds: String(deadlineSeconds),
    }),
    read: readRelease,
  },
};

/** `document` kills, `windowsDocument` does on Windows, `undoDocument` releases on both. */
export function killConnections(tools: HostTools): Action {
  return hostAction(killConnectionsWork, tools);
}

function see(output: string, incident: string): HostSight {
  const verdict = readVerdict(KillVerdictSchema, output, incident);
  if (verdict === null) return null;
  const fault = findFaultInKill(verdict);
  return {
    held: fault === null,
    seen: verdict,
    reason: fault ?? `${verdict.cut} connections cut, none survived${describePeers(verdict)}`,
    connectionsCut: verdict.cut,
  };
}

/** Who is kept out, where nobody knew before the host said it. */
function describePeers({ peers, peersFound = 0 }: KillVerdict): string {
  if (peers === undefined) return '';
  const more = peersFound > peers.length ? ` and ${peersFound - peers.length} more` : '';
  return `; blocked ${peers.join(', ')}${more}, who logged in at night`;
}

/** How a host's own comparison ended: it has the table before it, we have its digest only. Shedding is lifted so too. */
export function readRelease(output: string, incident: string): Omit<Undoing, 'target'> | null {
  const verdict = readVerdict(ReleaseVerdictSchema, output, incident);
  if (verdict === null) return null;
  if (verdict.state === 'drifted') return { status: 'drifted', reason: verdict.error };
  if (!verdict.ok || verdict.state === '') return { status: 'failed', reason: verdict.error };
  return verdict.state === 'released'
    ? { status: 'undone', reason: 'Block is lifted: peers may come back, cut connections stay cut' }
    : { status: 'already-undone', reason: 'Host has no block of this incident' };
}

/** Empty where no verdict was recorded: then the host's own note is the witness. */
export function digestOf(seen: Json | undefined): string {
  const parsed = z.safeParse(SeenSchema, seen);
  return parsed.success ? parsed.data.tableDigest : '';
}
