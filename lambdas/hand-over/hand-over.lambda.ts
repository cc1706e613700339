import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AuditTable } from '../shared/clients/audit-table.ts';
import { clientOptions } from '../shared/clients/client-options.ts';
import { ActionRequestSchema } from '../shared/contracts/action.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { readPolicy } from '../shared/policy/read-policy.ts';
import { HandOverEnvironmentSchema } from './environment.ts';
import { handOver } from './hand-over.ts';

const dynamo = new DynamoDBClient(clientOptions);

/** Runs where the flowchart asks for what only a person can do so far; twice does no harm. */
export const handler = fuseHandler({
  stem: 'hand-over',
  environment: HandOverEnvironmentSchema,
  input: ActionRequestSchema,
  handle: async (request, { environment }) =>
    handOver(request, {
      audit: new AuditTable(dynamo, environment.FUSE_TABLE_NAME),
      policy: await readPolicy(),
      now: () => new Date().toISOString(),
    }),
});
