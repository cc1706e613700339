import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import type { Timing } from '../../clients/aws-errors.ts';
import { describeInterfaces } from '../../clients/ec2-reads.ts';
import type { Change, Json, Undoing } from '../action.ts';
import { pinDocument, type DocumentRef, type PinnedDocument } from './pin-document.ts';
import { deadlineSeconds } from './plan-kill.ts';
import { runCommand, type HostAnswer } from './run-command.ts';
import { readVerdict, ReleaseVerdictSchema } from './verdicts.ts';

export interface ReleaseRequest {
  readonly ssm: SSMClient;
  /** Undefined where nobody can say whether a silent host is gone: then it is failed. */
  readonly ec2: EC2Client | undefined;
  readonly timing: Timing;
  readonly document: DocumentRef | undefined;
  readonly changes: readonly Change[];
  /** The hosts' verdicts on the cut, where there are any. */
  readonly seen: ReadonlyMap<string, Json>;
}

const RecordedSchema = z.object({ incident: z.string() });
const SeenSchema = z.object({ tableDigest: z.string() });

/**
 * Lifts the block of an incident host by host, where the table still is the one that was set. Without a verdict in the
 * audit (the cut was interrupted) the host compares with what it noted itself.
 */
export async function releaseConnections(request: ReleaseRequest): Promise<Undoing[]> {
  const { ssm, document, changes } = request;
  if (document === undefined) return failAll(changes, 'This function knows no release document');
  const pinning = await pinDocument(ssm, document);
  if (pinning.kind === 'altered') return failAll(changes, pinning.reason);
  // A command has one set of parameters: hosts that share the digest share the command.
  const groups = Map.groupBy(changes, (change) => `${incidentOf(change)} ${digestOf(change, request.seen)}`);
  const undoings = await Promise.all(
    [...groups.values()].map(async (group) => releaseGroup(request, pinning.document, group)),
  );
  return undoings.flat();
}

/** One command for hosts of one incident and one digest. */
async function releaseGroup(
  request: ReleaseRequest,
  document: PinnedDocument,
  group: readonly Change[],
): Promise<Undoing[]> {
  const [first] = group;
  if (first === undefined) return [];
  const incident = incidentOf(first);
  const answers = await runCommand(request.ssm, request.timing, {
    document,
    servers: group.map(({ target }) => target),
    parameters: { incident, expectedDigest: digestOf(first, request.seen), deadlineSeconds },
    comment: `connection-fuse restore ${incident}`,
  });
  const silent = group.map(({ target }) => target).filter((target) => answers.get(target)?.kind !== 'output');
  const gone = await findGone(request.ec2, silent);
  return group.map(({ target }) =>
    gone.has(target)
      ? { target, status: 'irreversible', reason: 'Host is gone: nothing to put back' }
      : { target, ...toOutcome(answers.get(target), incident) },
  );
}

/** A server keeps its first interface until it is terminated: one without any is gone, and its block with it. */
async function findGone(ec2: EC2Client | undefined, servers: readonly string[]): Promise<ReadonlySet<string>> {
  if (ec2 === undefined || servers.length === 0) return new Set();
  const found = await describeInterfaces(ec2, 'attachment.instance-id', servers);
  const present = new Set(found.map(({ Attachment }) => Attachment?.InstanceId));
  return new Set(servers.filter((server) => !present.has(server)));
}

/** The host's own comparison counts: it has the table before it, we have its digest only. */
function toOutcome(answer: HostAnswer | undefined, incident: string): Omit<Undoing, 'target'> {
  if (answer === undefined) return { status: 'failed', reason: 'Host was not asked' };
  if (answer.kind === 'none') return { status: 'failed', reason: answer.reason };
  const verdict = readVerdict(ReleaseVerdictSchema, answer.output, incident);
  if (verdict === null)
    return { status: 'failed', reason: `Host printed no verdict, its command ended "${answer.status}"` };
  if (verdict.state === 'drifted') return { status: 'drifted', reason: verdict.error };
  if (!verdict.ok || verdict.state === '') return { status: 'failed', reason: verdict.error };
  return verdict.state === 'released'
    ? { status: 'undone', reason: 'Block is lifted: peers may come back, cut connections stay cut' }
    : { status: 'already-undone', reason: 'Host has no block of this incident' };
}

function failAll(changes: readonly Change[], reason: string): Undoing[] {
  return changes.map(({ target }) => ({ target, status: 'failed', reason }));
}

function incidentOf({ intended }: Change): string {
  return z.parse(RecordedSchema, intended).incident;
}

/** Empty where no verdict was recorded: then the host's own note is the witness. */
function digestOf({ target }: Change, seen: ReadonlyMap<string, Json>): string {
  const parsed = z.safeParse(SeenSchema, seen.get(target));
  return parsed.success ? parsed.data.tableDigest : '';
}
