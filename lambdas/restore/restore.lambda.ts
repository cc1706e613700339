import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { Action } from '../shared/actions/action.ts';
import { failOver } from '../shared/actions/fail-over/fail-over.ts';
import { holdTask } from '../shared/actions/hold-task/hold-task.ts';
import type { HostTools } from '../shared/actions/host-work/host-action.ts';
import { holdOpen } from '../shared/actions/hold-open/hold-open.ts';
import { killConnections } from '../shared/actions/kill-connections/kill-connections.ts';
import { killSessions } from '../shared/actions/kill-sessions/kill-sessions.ts';
import { resyncClock } from '../shared/actions/resync-clock/resync-clock.ts';
import { revokeSecurityGroups } from '../shared/actions/revoke-security-groups/revoke-security-groups.ts';
import { shedConnections } from '../shared/actions/shed-connections/shed-connections.ts';
import { stopService } from '../shared/actions/stop-service/stop-service.ts';
import { AuditTable } from '../shared/clients/audit-table.ts';
import { callsAtOnce } from '../shared/actions/revoke-security-groups/apply-cut.ts';
import { clientOptions, withSockets } from '../shared/clients/client-options.ts';
import { OutcomeBus } from '../shared/clients/outcome-bus.ts';
import type { ActionId } from '../shared/contracts/action.ts';
import { parseWith } from '../shared/contracts/parse.ts';
import { RestoreStepSchema } from '../shared/contracts/restoring.ts';
import { EnvironmentInvalidError } from '../shared/errors.ts';
import { UndoDocumentsSchema, type UndoDocuments } from '../shared/host-environment.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { RestoreEnvironmentSchema, type RestoreEnvironment } from './environment.ts';
import { restore } from './restore.ts';

const ec2 = new EC2Client(withSockets(callsAtOnce));
const ssm = new SSMClient(clientOptions);
const dynamo = new DynamoDBClient(clientOptions);
const events = new EventBridgeClient(clientOptions);

/** Runs as every state of the restore machine; each step may run twice and does nothing the second time. */
export const handler = fuseHandler({
  stem: 'restore',
  environment: RestoreEnvironmentSchema,
  input: RestoreStepSchema,
  handle: async (step, { environment, logger }) => {
    const audit = new AuditTable(dynamo, environment.FUSE_TABLE_NAME);
    return restore(step, {
      audit,
      bus: new OutcomeBus(events, environment.FUSE_BUS_NAME),
      findAction: (id) => listActions(environment, audit)[id],
      now: () => new Date().toISOString(),
      log: (message, content) => logger.info(message, content),
    });
  },
});

/** The actions that know an undo; the others are done by people and undone by people. */
function listActions(
  { FUSE_UNDO_DOCUMENTS }: RestoreEnvironment,
  audit: Pick<AuditTable, 'listCuts'>,
): Partial<Record<string, Action>> {
  const documents = readUndoDocuments(FUSE_UNDO_DOCUMENTS);
  const toolsFor = (id: ActionId): HostTools => {
    const undoDocument = documents[id];
    return { ssm, ec2, ...(undoDocument && { undoDocument }) };
  };
  return {
    'revoke-security-groups': revokeSecurityGroups({ ec2, quarantine: {} }),
    'kill-connections': killConnections(toolsFor('kill-connections')),
    'stop-service': stopService(toolsFor('stop-service')),
    'hold-task': holdTask(toolsFor('hold-task')),
    'kill-sessions': killSessions(toolsFor('kill-sessions')),
    'shed-connections': shedConnections(toolsFor('shed-connections')),
    'resync-clock': resyncClock(toolsFor('resync-clock')),
    'hold-open': holdOpen(toolsFor('hold-open')),
    // Read when it comes to that: what this restore put back is struck from the list by then.
    'fail-over': failOver({ ec2, listCuts: async () => audit.listCuts() }),
  };
}

function readUndoDocuments(text: string): UndoDocuments {
  return parseWith(
    UndoDocumentsSchema,
    parseJson(text),
    'FUSE_UNDO_DOCUMENTS',
    (message) => new EnvironmentInvalidError(message),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
