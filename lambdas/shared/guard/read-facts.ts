import type { EC2Client } from '@aws-sdk/client-ec2';
import type { AuditTable, Mode } from '../clients/audit-table.ts';
import { describeServers } from '../clients/describe-servers.ts';
import type { ServerDescription } from '../policy/server-facts.ts';

/** What the guard judges by, read in the same breath as the plan. */
export interface GuardFacts {
  readonly mode: Mode;
  /** A server that could not be found is not in here, and is refused for that. */
  readonly servers: ReadonlyMap<string, ServerDescription>;
}

/** Reads the switch and the servers' present tags: one read depth. Throws when a read fails, so nothing is changed. */
export async function readGuardFacts(
  ec2: EC2Client,
  audit: Pick<AuditTable, 'readMode'>,
  servers: readonly string[],
): Promise<GuardFacts> {
  const [mode, descriptions] = await Promise.all([audit.readMode(), describeServers(ec2, servers)]);
  return { mode, servers: new Map(descriptions.map((description) => [description.id, description])) };
}
