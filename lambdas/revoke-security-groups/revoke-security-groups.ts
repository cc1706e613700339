import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { networkCut } from '../shared/actions/revoke-security-groups/cut-network.ts';
import { AuditTable } from '../shared/clients/audit-table.ts';
import type { ActionOutcome, ActionRequest } from '../shared/contracts/action.ts';
import { readGuardFacts } from '../shared/guard/read-facts.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { runAction } from '../shared/run-action.ts';
import type { RevokeSecurityGroupsEnvironment } from './environment.ts';

export interface NetworkCutTools {
  readonly ec2: EC2Client;
  readonly dynamo: DynamoDBClient;
  readonly environment: RevokeSecurityGroupsEnvironment;
  readonly policy: Policy;
  readonly now: () => string;
}

/** Cuts the cohort's servers from the network, under guard and with the record written ahead. */
export async function cutNetwork(request: ActionRequest, tools: NetworkCutTools): Promise<ActionOutcome> {
  const { ec2, dynamo, environment, policy } = tools;
  const audit = new AuditTable(dynamo, environment.FUSE_TABLE_NAME);
  return runAction(request, {
    action: networkCut({ ec2, quarantine: environment.FUSE_QUARANTINE }),
    audit,
    policy,
    readFacts: async (servers) => readGuardFacts(ec2, audit, servers),
    now: () => tools.now(),
  });
}
