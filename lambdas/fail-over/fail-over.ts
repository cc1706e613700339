import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { failOver } from '../shared/actions/fail-over/fail-over.ts';
import { AuditTable } from '../shared/clients/audit-table.ts';
import type { ActionOutcome, ActionRequest } from '../shared/contracts/action.ts';
import { readGuardFacts } from '../shared/guard/read-facts.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { runAction } from '../shared/run-action.ts';
import type { FailOverEnvironment } from './environment.ts';

export interface ServiceSwitchTools {
  readonly ec2: EC2Client;
  readonly dynamo: DynamoDBClient;
  readonly environment: FailOverEnvironment;
  readonly policy: Policy;
  readonly now: () => string;
}

/** Leads the cohort's service to its standby, under guard and with the record written ahead. */
export async function switchService(request: ActionRequest, tools: ServiceSwitchTools): Promise<ActionOutcome> {
  const { ec2, dynamo, environment, policy } = tools;
  const audit = new AuditTable(dynamo, environment.FUSE_TABLE_NAME);
  return runAction(request, {
    action: failOver({ ec2, listCuts: async () => audit.listCuts() }),
    audit,
    policy,
    readFacts: async (servers) => readGuardFacts(ec2, audit, servers),
    now: () => tools.now(),
  });
}
