import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import { clientOptions } from '../shared/clients/client-options.ts';
import { ActionRequestSchema } from '../shared/contracts/action.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { readPolicy } from '../shared/policy/read-policy.ts';
import { KillConnectionsEnvironmentSchema } from './environment.ts';
import { cutHosts } from './kill-connections.ts';

const ec2 = new EC2Client(clientOptions);
const ssm = new SSMClient(clientOptions);
const dynamo = new DynamoDBClient(clientOptions);

/**
 * Runs as state "Kill connections". It may run twice for one cohort: the host's script refreshes its own block then,
 * and what it cut the first time stays cut.
 */
export const handler = fuseHandler({
  stem: 'kill-connections',
  environment: KillConnectionsEnvironmentSchema,
  input: z.extend(ActionRequestSchema, { action: z.literal('kill-connections') }),
  handle: async (request, { environment }) =>
    cutHosts(request, { ec2, ssm, dynamo, environment, policy: await readPolicy(), now }),
});

function now(): string {
  return new Date().toISOString();
}
