import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import * as z from 'zod/mini';
import { callsAtOnce } from '../shared/actions/revoke-security-groups/apply-cut.ts';
import { clientOptions, withSockets } from '../shared/clients/client-options.ts';
import { ActionRequestSchema } from '../shared/contracts/action.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { readPolicy } from '../shared/policy/read-policy.ts';
import { RevokeSecurityGroupsEnvironmentSchema } from './environment.ts';
import { rehearseCut } from './rehearsal.ts';
import { cutNetwork } from './revoke-security-groups.ts';

const ec2 = new EC2Client(withSockets(callsAtOnce));
const dynamo = new DynamoDBClient(clientOptions);

// Copies that are kept ready have it behind them when the first event comes.
void rehearseCut();

/**
 * Runs as state "Revoke security groups". It may run twice for one cohort (a retry of the state machine): then it goes
 * on from the former state that the first run recorded.
 */
export const handler = fuseHandler({
  stem: 'revoke-security-groups',
  environment: RevokeSecurityGroupsEnvironmentSchema,
  input: z.extend(ActionRequestSchema, { action: z.literal('revoke-security-groups') }),
  handle: async (request, { environment }) =>
    cutNetwork(request, { ec2, dynamo, environment, policy: await readPolicy(), now }),
});

function now(): string {
  return new Date().toISOString();
}
