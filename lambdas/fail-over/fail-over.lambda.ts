import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import * as z from 'zod/mini';
import { clientOptions } from '../shared/clients/client-options.ts';
import { ActionRequestSchema } from '../shared/contracts/action.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { readPolicy } from '../shared/policy/read-policy.ts';
import { FailOverEnvironmentSchema } from './environment.ts';
import { switchService } from './fail-over.ts';

const ec2 = new EC2Client(clientOptions);
const dynamo = new DynamoDBClient(clientOptions);

/**
 * Runs as state "Fail over", after or beside a cut. It may run twice for one cohort: a switch that an earlier try made is
 * looked at and not made again, and where nobody could take over it looks for a standby anew.
 */
export const handler = fuseHandler({
  stem: 'fail-over',
  environment: FailOverEnvironmentSchema,
  input: z.extend(ActionRequestSchema, { action: z.literal('fail-over') }),
  handle: async (request, { environment }) =>
    switchService(request, { ec2, dynamo, environment, policy: await readPolicy(), now }),
});

function now(): string {
  return new Date().toISOString();
}
