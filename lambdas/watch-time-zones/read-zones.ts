import type { SSMClient } from '@aws-sdk/client-ssm';
import { findHostFault, readManagedHosts } from '../shared/actions/host-work/managed-hosts.ts';
import { pinDocument, type DocumentRef } from '../shared/actions/host-work/pin-document.ts';
import { readVerdict } from '../shared/actions/host-work/read-verdict.ts';
import { runCommand, type HostAnswer } from '../shared/actions/host-work/run-command.ts';
import type { Timing } from '../shared/clients/aws-errors.ts';
import { LookupFailedError } from '../shared/errors.ts';
import type { HostZones } from '../shared/time-zones/find-zone-conflict.ts';
import { TimeZonesVerdictSchema, toHostZones } from '../shared/time-zones/verdict.ts';
import type { WatchedServer } from './find-watched.ts';

/** What the hosts said; a server without a whole answer stands in `unknown` with the reason. */
export interface ZonesSeen {
  readonly hosts: readonly HostZones[];
  readonly unknown: ReadonlyMap<string, string>;
}

export interface ReadTools {
  readonly ssm: SSMClient;
  readonly document: DocumentRef;
  readonly timing: Timing;
}

/** The name of every run on the host: it keeps its lists there, the newest ones only. */
export const watchId = 'watch-time-zones';

/** The script's own deadline: reading takes a second or two. */
const deadlineSeconds = 20;

/** Asks every server for its zones, by the one document that was checked. Throws LookupFailedError where it was altered. */
export async function readZones(servers: readonly WatchedServer[], tools: ReadTools): Promise<ZonesSeen> {
  if (servers.length === 0) return { hosts: [], unknown: new Map() };
  const ids = servers.map(({ server }) => server);
  const [pinning, managed] = await Promise.all([
    pinDocument(tools.ssm, tools.document),
    readManagedHosts(tools.ssm, ids),
  ]);
  if (pinning.kind === 'altered') throw new LookupFailedError(`Time zones not read: ${pinning.reason}`);
  const faults = new Map(ids.map((id) => [id, findHostFault(managed.get(id), ['Linux'])]));
  const answers = await runCommand(tools.ssm, tools.timing, {
    document: pinning.document,
    servers: ids.filter((id) => faults.get(id) === null),
    parameters: { incident: watchId, deadlineSeconds: String(deadlineSeconds) },
    comment: `connection-fuse ${watchId}`,
    scriptSeconds: deadlineSeconds,
  });
  const unknown = new Map<string, string>();
  const hosts = servers.map(({ server, service }) => {
    const { zones, doubt } = readAnswer(answers.get(server), faults.get(server) ?? 'Host was not asked');
    if (doubt !== null) unknown.set(server, doubt);
    return toHostZones(server, service, zones);
  });
  return { hosts, unknown };
}

/** What a host said counts even where it could not say all; what it did not say is not known. */
function readAnswer(answer: HostAnswer | undefined, fault: string) {
  if (answer === undefined) return { zones: null, doubt: fault };
  if (answer.kind === 'none') return { zones: null, doubt: answer.reason };
  const zones = readVerdict(TimeZonesVerdictSchema, answer.output, watchId);
  if (zones === null) return { zones, doubt: `Host printed no verdict, its command ended "${answer.status}"` };
  const isWhole = zones.ok && zones.error === '';
  return { zones, doubt: isWhole ? null : zones.error || 'Host says it did not succeed' };
}
