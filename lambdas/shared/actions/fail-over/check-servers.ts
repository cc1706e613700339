import { DescribeInstanceStatusCommand, type EC2Client, type InstanceStatus } from '@aws-sdk/client-ec2';
import { codeOf } from '../../clients/aws-errors.ts';
import type { Sight } from './mechanism.ts';

/** Looks whether servers run and pass both of EC2's status checks: why not, by server; null where they do. */
export async function checkServers(ec2: EC2Client, servers: readonly string[]): Promise<Map<string, string | null>> {
  const statuses = await Promise.all(servers.map(async (server) => readStatus(ec2, server)));
  return new Map(servers.map((server, index) => [server, findAilment(server, statuses[index])]));
}

/** One call a server: a single id that EC2 does not know fails the call for all. */
async function readStatus(ec2: EC2Client, server: string): Promise<InstanceStatus | undefined> {
  try {
    const { InstanceStatuses = [] } = await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [server] }));
    return InstanceStatuses.find(({ InstanceId }) => InstanceId === server);
  } catch (error) {
    if (codeOf(error) === 'InvalidInstanceID.NotFound') return undefined;
    throw error;
  }
}

/** EC2 lists running instances only; a check that has no result yet was not passed. */
function findAilment(server: string, status: InstanceStatus | undefined): string | null {
  if (status?.InstanceState?.Name !== 'running') return `"${server}" does not run`;
  const checks = { instance: status.InstanceStatus?.Status, system: status.SystemStatus?.Status };
  const failing = Object.entries(checks).find(([, word]) => word !== 'ok');
  return failing === undefined ? null : `"${server}" fails its ${failing[0]} status check: ${failing[1] ?? 'unknown'}`;
}

/** Sums up what was found of servers; by `all` every one of them must be well, otherwise one is enough. */
export function toSight(ailments: ReadonlyMap<string, string | null>, wanted: 'all' | 'one'): Sight {
  const found = [...ailments];
  const healthy = found.filter(([, ailment]) => ailment === null).map(([server]) => server);
  const isCarried = wanted === 'all' ? healthy.length === found.length : healthy.length > 0;
  const reasons = found.flatMap(([, ailment]) => ailment ?? []);
  return {
    servers: found.map(([server]) => server),
    healthy,
    hindrance: isCarried ? null : reasons.slice(0, 3).join('; ') || 'There is no server',
  };
}
