import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import { systemTiming, type Timing } from '../../clients/aws-errors.ts';
import type { Action, ActionContext, Change, Json, Observation, Undoing } from '../action.ts';
import { readManagedHosts } from './managed-hosts.ts';
import { killConnectionsPermissions } from './permissions.ts';
import { pinDocument, type DocumentRef, type Pinning } from './pin-document.ts';
import { planKill, toParameters } from './plan-kill.ts';
import { releaseConnections } from './release.ts';
import { runCommand, type HostAnswer } from './run-command.ts';
import { findFaultInKill, KillVerdictSchema, readVerdict } from './verdicts.ts';

export interface KillConnectionsOptions {
  readonly ssm: SSMClient;
  /** Tells undo which hosts are gone for good. Left out where nothing is undone. */
  readonly ec2?: EC2Client;
  /** Left out where nothing is cut, or nothing is undone. */
  readonly killDocument?: DocumentRef;
  readonly releaseDocument?: DocumentRef;
  readonly timing?: Timing;
}

/** What docs and CDK read of the action; no client is needed for it. */
export const killConnectionsFacts = {
  id: 'kill-connections',
  summary: 'Cuts on the host: blocks in a table of its own, destroys the sockets, lists again; golden channels live on',
  saves: 'That the host had no table of this incident; the list of cut sockets stays on the host, its digest here',
  undoes: 'Takes the table away where it still is the one that was set; peers may come back, cut sockets stay cut',
  sharesTargets: false,
  permissions: killConnectionsPermissions,
} as const satisfies Partial<Action>;

const IncidentOnlySchema = z.object({ incident: z.string() });

/**
 * The host cut. One action object serves one run: apply starts the command and keeps the hosts' answers, verify reads
 * them. What a host listed after the kill is the proof; neither status nor exit code is.
 */
export function killConnections(options: KillConnectionsOptions): Action {
  const { ssm, ec2, killDocument, releaseDocument, timing = systemTiming } = options;
  let answers = new Map<string, HostAnswer>();

  async function pin(): Promise<Pinning> {
    return killDocument === undefined
      ? { kind: 'altered', reason: 'This function knows no kill document' }
      : pinDocument(ssm, killDocument);
  }

  async function apply(changes: readonly Change[], context: ActionContext): Promise<[]> {
    const servers = changes.map(({ target }) => target);
    const pinning = await pinned;
    if (pinning.kind === 'altered') {
      answers = new Map(servers.map((server) => [server, { kind: 'none', reason: pinning.reason }]));
      return [];
    }
    const comment = `connection-fuse ${context.incident.id} ${context.cohort.id}`;
    const parameters = { ...toParameters(context) };
    answers = await runCommand(ssm, timing, { document: pinning.document, servers, parameters, comment });
    return [];
  }

  // Pinned once a run, by plan: what was checked is what runs.
  let pinned: Promise<Pinning> = Promise.resolve({ kind: 'altered', reason: 'The document was not checked' });
  return {
    ...killConnectionsFacts,
    async plan(context) {
      pinned = pin();
      const [pinning, hosts] = await Promise.all([pinned, readManagedHosts(ssm, context.cohort.servers)]);
      return planKill(context, pinning, hosts);
    },
    apply,
    verify: async (changes) => Promise.resolve(changes.map((change) => observe(change, answers.get(change.target)))),
    undo: async (changes, seen) => undo(changes, seen),
  };

  async function undo(changes: readonly Change[], seen: ReadonlyMap<string, Json>): Promise<Undoing[]> {
    return releaseConnections({ ssm, ec2, timing, document: releaseDocument, changes, seen });
  }
}

/** Turns a host's answer into what was seen; no answer is never a success. */
function observe({ target, intended }: Change, answer: HostAnswer | undefined): Observation {
  const nothing = { target, held: false, seen: null, connectionsCut: 0 };
  if (answer === undefined) return { ...nothing, reason: 'Host was not asked' };
  if (answer.kind === 'none') return { ...nothing, reason: answer.reason };
  const { incident } = z.parse(IncidentOnlySchema, intended);
  const verdict = readVerdict(KillVerdictSchema, answer.output, incident);
  if (verdict === null) return { ...nothing, reason: `Host printed no verdict, its command ended "${answer.status}"` };
  const fault = findFaultInKill(verdict);
  return {
    target,
    held: fault === null,
    seen: verdict,
    reason: fault ?? `${verdict.cut} connections cut, none survived`,
    connectionsCut: verdict.cut,
  };
}
