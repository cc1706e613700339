import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { AuditTable } from '../shared/clients/audit-table.ts';
import { clientOptions } from '../shared/clients/client-options.ts';
import { OutcomeBus } from '../shared/clients/outcome-bus.ts';
import { AskRequestSchema } from '../shared/contracts/asking.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { readPolicy } from '../shared/policy/read-policy.ts';
import { askPerson } from './ask-person.ts';
import { AskPersonEnvironmentSchema } from './environment.ts';

const dynamo = new DynamoDBClient(clientOptions);
const events = new EventBridgeClient(clientOptions);

/** Runs as states "Ask a person", "Remind the person" and "Record the answer"; asked again, the new token counts. */
export const handler = fuseHandler({
  stem: 'ask-person',
  environment: AskPersonEnvironmentSchema,
  input: AskRequestSchema,
  handle: async (request, { environment }) =>
    askPerson(request, {
      audit: new AuditTable(dynamo, environment.FUSE_TABLE_NAME),
      bus: new OutcomeBus(events, environment.FUSE_BUS_NAME),
      policy: await readPolicy(),
      now: () => new Date().toISOString(),
    }),
});
