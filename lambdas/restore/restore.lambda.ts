import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { Action } from '../shared/actions/action.ts';
import { killConnections } from '../shared/actions/kill-connections/kill-connections.ts';
import { revokeSecurityGroups } from '../shared/actions/revoke-security-groups/revoke-security-groups.ts';
import { AuditTable } from '../shared/clients/audit-table.ts';
import { clientOptions } from '../shared/clients/client-options.ts';
import { OutcomeBus } from '../shared/clients/outcome-bus.ts';
import { RestoreStepSchema } from '../shared/contracts/restoring.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { RestoreEnvironmentSchema, type RestoreEnvironment } from './environment.ts';
import { restore } from './restore.ts';

const ec2 = new EC2Client(clientOptions);
const ssm = new SSMClient(clientOptions);
const dynamo = new DynamoDBClient(clientOptions);
const events = new EventBridgeClient(clientOptions);

/** Runs as every state of the restore machine; each step may run twice and does nothing the second time. */
export const handler = fuseHandler({
  stem: 'restore',
  environment: RestoreEnvironmentSchema,
  input: RestoreStepSchema,
  handle: async (step, { environment }) =>
    restore(step, {
      audit: new AuditTable(dynamo, environment.FUSE_TABLE_NAME),
      bus: new OutcomeBus(events, environment.FUSE_BUS_NAME),
      findAction: (id) => listActions(environment)[id],
      now: () => new Date().toISOString(),
    }),
});

/** The actions that know an undo; the others are done by people and undone by people. */
function listActions(environment: RestoreEnvironment): Partial<Record<string, Action>> {
  const releaseDocument = {
    name: environment.FUSE_RELEASE_DOCUMENT_NAME,
    digest: environment.FUSE_RELEASE_DOCUMENT_DIGEST,
  };
  return {
    'revoke-security-groups': revokeSecurityGroups({ ec2, quarantine: {} }),
    'kill-connections': killConnections({ ssm, ec2, releaseDocument }),
  };
}
