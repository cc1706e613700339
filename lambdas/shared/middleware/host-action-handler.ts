import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import type { Action } from '../actions/action.ts';
import type { HostTools } from '../actions/host-work/host-action.ts';
import { AuditTable } from '../clients/audit-table.ts';
import { clientOptions } from '../clients/client-options.ts';
import { ActionRequestSchema, type ActionId } from '../contracts/action.ts';
import { readGuardFacts } from '../guard/read-facts.ts';
import { HostEnvironmentSchema, type HostEnvironment } from '../host-environment.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { runAction } from '../run-action.ts';
import { fuseHandler } from './base.ts';

/**
 * The handler of a function that runs its document on the hosts of a cohort, under guard and with the record written
 * ahead. It may run twice for one cohort: the entry says how far the first try got, and the document changes nothing
 * that is done already.
 */
export function hostActionHandler(stem: ActionId, createAction: (tools: HostTools) => Action) {
  const ec2 = new EC2Client(clientOptions);
  const ssm = new SSMClient(clientOptions);
  const dynamo = new DynamoDBClient(clientOptions);
  return fuseHandler({
    stem,
    environment: HostEnvironmentSchema,
    input: z.extend(ActionRequestSchema, { action: z.literal(stem) }),
    handle: async (request, { environment }) => {
      const audit = new AuditTable(dynamo, environment.FUSE_TABLE_NAME);
      return runAction(request, {
        action: createAction({ ssm, ec2, ...readDocuments(environment) }),
        audit,
        policy: await readPolicy(),
        readFacts: async (servers) => readGuardFacts(ec2, audit, servers),
        now: () => new Date().toISOString(),
      });
    },
  });
}

/** One document is pinned once, though both systems run it. */
function readDocuments(environment: HostEnvironment): Pick<HostTools, 'document' | 'windowsDocument'> {
  const document = { name: environment.FUSE_DOCUMENT_NAME, digest: environment.FUSE_DOCUMENT_DIGEST };
  const name = environment.FUSE_WINDOWS_DOCUMENT_NAME;
  if (name === document.name) return { document };
  return { document, windowsDocument: { name, digest: environment.FUSE_WINDOWS_DOCUMENT_DIGEST } };
}
