import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { killConnections } from '../shared/actions/kill-connections/kill-connections.ts';
import { AuditTable } from '../shared/clients/audit-table.ts';
import type { ActionOutcome, ActionRequest } from '../shared/contracts/action.ts';
import { readGuardFacts } from '../shared/guard/read-facts.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { runAction } from '../shared/run-action.ts';
import type { KillConnectionsEnvironment } from './environment.ts';

export interface HostCutTools {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly dynamo: DynamoDBClient;
  readonly environment: KillConnectionsEnvironment;
  readonly policy: Policy;
  readonly now: () => string;
}

/** Cuts the cohort's servers on the hosts themselves, under guard and with the record written ahead. */
export async function cutHosts(request: ActionRequest, tools: HostCutTools): Promise<ActionOutcome> {
  const { ec2, ssm, dynamo, environment, policy } = tools;
  const audit = new AuditTable(dynamo, environment.FUSE_TABLE_NAME);
  const killDocument = { name: environment.FUSE_KILL_DOCUMENT_NAME, digest: environment.FUSE_KILL_DOCUMENT_DIGEST };
  return runAction(request, {
    action: killConnections({ ssm, killDocument }),
    audit,
    policy,
    readFacts: async (servers) => readGuardFacts(ec2, audit, servers),
    now: () => tools.now(),
  });
}
