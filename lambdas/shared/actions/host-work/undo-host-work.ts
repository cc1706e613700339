import type { EC2Client } from '@aws-sdk/client-ec2';
import * as z from 'zod/mini';
import type { Timing } from '../../clients/aws-errors.ts';
import { describeInterfaces } from '../../clients/ec2-reads.ts';
import { toCanonicalJson } from '../../canonical-json.ts';
import type { Change, Json, Undoing } from '../action.ts';
import type { HostTools, HostUndo, HostWork } from './host-action.ts';
import { pinDocument, type PinnedDocument } from './pin-document.ts';
import { runCommand } from './run-command.ts';

const RecordedSchema = z.object({ incident: z.string() });

type UndoTools = HostTools & { readonly timing: Timing };

/**
 * Asks each host to put back what it changed. The host compares the three states itself: it has them before it. Without
 * a verdict in the audit (the work was interrupted) it goes by what it noted.
 */
export async function undoHostWork(
  work: HostWork,
  tools: UndoTools,
  changes: readonly Change[],
  seen: ReadonlyMap<string, Json>,
): Promise<Undoing[]> {
  const { undo } = work;
  if ('irreversible' in undo) return endAll(changes, 'irreversible', undo.irreversible);
  if (tools.undoDocument === undefined) return endAll(changes, 'failed', 'This function knows no document to undo by');
  const pinning = await pinDocument(tools.ssm, tools.undoDocument);
  if (pinning.kind === 'altered') return endAll(changes, 'failed', pinning.reason);
  // A command has one set of parameters: hosts whose parameters are the same share it.
  const groups = Map.groupBy(changes, (change) =>
    toCanonicalJson([incidentOf(change), undo.parameters(change, seen.get(change.target))]),
  );
  const undoings = await Promise.all(
    [...groups.values()].map(async (group) => undoGroup(work, undo, tools, pinning.document, group, seen)),
  );
  return undoings.flat();
}

async function undoGroup(
  work: HostWork,
  undo: HostUndo,
  tools: UndoTools,
  document: PinnedDocument,
  group: readonly Change[],
  seen: ReadonlyMap<string, Json>,
): Promise<Undoing[]> {
  const [first] = group;
  if (first === undefined) return [];
  const incident = incidentOf(first);
  const answers = await runCommand(tools.ssm, tools.timing, {
    document,
    servers: group.map(({ target }) => target),
    parameters: undo.parameters(first, seen.get(first.target)),
    comment: `connection-fuse restore ${incident}`,
    scriptSeconds: work.deadlineSeconds,
  });
  const silent = group.map(({ target }) => target).filter((target) => answers.get(target)?.kind !== 'output');
  const gone = await findGone(tools.ec2, silent);
  return group.map(({ target }): Undoing => {
    if (gone.has(target)) return { target, status: 'irreversible', reason: 'Host is gone: nothing to put back' };
    const answer = answers.get(target);
    if (answer === undefined) return { target, status: 'failed', reason: 'Host was not asked' };
    if (answer.kind === 'none') return { target, status: 'failed', reason: answer.reason };
    const end = undo.read(answer.output, incident, seen.get(target));
    const noVerdict = `Host printed no verdict, its command ended "${answer.status}"`;
    return end === null ? { target, status: 'failed', reason: noVerdict } : { target, ...end };
  });
}

/** A server keeps its first interface until it is terminated: one without any is gone, and what was set with it. */
async function findGone(ec2: EC2Client | undefined, servers: readonly string[]): Promise<ReadonlySet<string>> {
  if (ec2 === undefined || servers.length === 0) return new Set();
  const found = await describeInterfaces(ec2, 'attachment.instance-id', servers);
  const present = new Set(found.map(({ Attachment }) => Attachment?.InstanceId));
  return new Set(servers.filter((server) => !present.has(server)));
}

function endAll(changes: readonly Change[], status: Undoing['status'], reason: string): Undoing[] {
  return changes.map(({ target }) => ({ target, status, reason }));
}

function incidentOf({ intended }: Change): string {
  return z.parse(RecordedSchema, intended).incident;
}
