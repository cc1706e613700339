import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import { maximumDocumentBytes } from './document.ts';
import type { StoredDocument } from './document.ts';
import { runSteps, toUnstartedStep } from './invocation.ts';
import type { Invocation, ManagedInstance, StepOutcome } from './invocation.ts';
import { resolveParameters } from './parameters.ts';
import type { ParameterValues } from './parameters.ts';
import { findDocument } from './read-documents.ts';
import type { SsmDesk } from './ssm-desk.ts';

/** What SendCommand takes in the lab: explicit instances, never targets by tag. */
export const sendCommandInput = z.strictObject({
  DocumentName: z.string(),
  DocumentVersion: z.optional(z.string()),
  DocumentHash: z.optional(z.string()),
  DocumentHashType: z.optional(z.literal('Sha256')),
  InstanceIds: z.array(z.string()).check(z.minLength(1), z.maxLength(50)),
  Parameters: z.optional(z.record(z.string(), z.array(z.string()))),
  TimeoutSeconds: z.optional(z.int().check(z.gte(30), z.lte(2_592_000))),
  Comment: z.optional(z.string().check(z.maxLength(100))),
  MaxConcurrency: z.optional(z.string().check(z.regex(/^([1-9][0-9]*|[1-9][0-9]?%|100%)$/))),
  MaxErrors: z.optional(z.string().check(z.regex(/^([0-9]+|[0-9]{1,2}%|100%)$/))),
});

type SendCommandInput = z.output<typeof sendCommandInput>;

/** Seconds in which a command must reach the agent when the caller names none. */
const defaultDeliverySeconds = 3600;

/** Checks a command whole, then starts it on every server at once and answers without waiting. */
export function sendCommand(desk: SsmDesk, input: SendCommandInput): unknown {
  const document = findDocument(desk, input.DocumentName, input.DocumentVersion);
  checkHash(document, input);
  const instances = findInstances(desk, input.InstanceIds);
  refuseWaves(input);
  const given = input.Parameters ?? {};
  const values = resolveParameters(document.content, given);
  if (Buffer.byteLength(document.text + JSON.stringify(given)) > maximumDocumentBytes) {
    throw new ServiceError('MaxDocumentSizeExceeded', `Document '${document.name}' with its parameters is over 64 KB`);
  }
  const commandId = randomUUID();
  const requestedAt = new Date();
  const comment = input.Comment ?? '';
  const timeoutSeconds = input.TimeoutSeconds ?? defaultDeliverySeconds;
  for (const instance of instances) {
    const head = { commandId, instanceId: instance.instanceId, document, comment, requestedAt };
    const invocation: Invocation = {
      ...head,
      status: 'Pending',
      statusDetails: 'Pending',
      isRunning: false,
      steps: [],
    };
    desk.invocations.set(`${commandId} ${instance.instanceId}`, invocation);
    desk.track(deliver(desk, invocation, instance, values, timeoutSeconds));
  }
  return { Command: viewCommand(input, document, commandId, requestedAt, given, timeoutSeconds) };
}

/** A pinned hash that is not the document's own runs nothing: the document was changed. */
function checkHash(document: StoredDocument, input: SendCommandInput): void {
  if (input.DocumentHash === undefined || input.DocumentHash === document.hash) return;
  const message = `The hash '${input.DocumentHash}' is not that of document '${document.name}', which is '${document.hash}'`;
  throw new ServiceError('InvalidDocument', message);
}

/** The lab starts every server at once. What would run in waves, or stop after an error, is not imitated but refused. */
function refuseWaves({ InstanceIds, MaxConcurrency = '50', MaxErrors = '0' }: SendCommandInput): void {
  const count = InstanceIds.length;
  const runsAtOnce = MaxConcurrency === '100%' || (!MaxConcurrency.endsWith('%') && Number(MaxConcurrency) >= count);
  const goesOn = count === 1 || MaxErrors === '100%' || (!MaxErrors.endsWith('%') && Number(MaxErrors) >= count);
  if (runsAtOnce && goesOn) return;
  const given = `MaxConcurrency '${MaxConcurrency}' and MaxErrors '${MaxErrors}' for ${count} instances`;
  throw new ServiceError('UnsupportedOperation', `The lab's SSM runs no command in waves: ${given}`);
}

/** A server whose agent never registered is refused at once; one whose agent is lost is not. */
function findInstances(desk: SsmDesk, instanceIds: readonly string[]): readonly ManagedInstance[] {
  if (new Set(instanceIds).size < instanceIds.length) {
    throw new ServiceError('DuplicateInstanceId', `An instance is named twice: '${instanceIds.join(', ')}'`);
  }
  return instanceIds.map((instanceId) => {
    const instance = desk.instances.get(instanceId);
    if (instance !== undefined) return instance;
    throw new ServiceError('InvalidInstanceId', `Instances [[${instanceId}]] not in a valid state for account`);
  });
}

/** Brings the command to one server; whatever happens there, the invocation gets an end. */
async function deliver(
  desk: SsmDesk,
  invocation: Invocation,
  instance: ManagedInstance,
  values: ParameterValues,
  timeoutSeconds: number,
): Promise<void> {
  const [firstStep] = invocation.document.content.mainSteps;
  const finishUnstarted = (status: 'Failed' | 'TimedOut', details: string): void => {
    const steps = firstStep === undefined ? [] : [toUnstartedStep(firstStep, status, details)];
    desk.settle(invocation, status, details, steps);
  };
  if (instance.agent === 'undeliverable') return finishUnstarted('Failed', 'Undeliverable');
  invocation.status = 'InProgress';
  invocation.statusDetails = 'InProgress';
  if (instance.agent === 'lost') {
    desk.schedule(timeoutSeconds * 1000, () => finishUnstarted('TimedOut', 'DeliveryTimedOut'));
    return;
  }
  invocation.isRunning = true;
  const steps = await runSteps(invocation, instance, values, desk.runCommand).catch((error: unknown) => [
    failedByTheLab(invocation, error),
  ]);
  const last = steps.at(-1);
  desk.settle(invocation, last?.status ?? 'Failed', last?.statusDetails ?? 'Failed', steps);
}

/** A host that could not run the script at all is a failed step whose stderr says why. */
function failedByTheLab({ document }: Invocation, error: unknown): StepOutcome {
  const name = document.content.mainSteps[0]?.name ?? document.name;
  const stderr = error instanceof Error ? error.message : String(error);
  const at = new Date();
  return {
    name,
    status: 'Failed',
    statusDetails: 'Failed',
    responseCode: 1,
    stdout: '',
    stderr,
    startedAt: at,
    finishedAt: at,
  };
}

function viewCommand(
  input: SendCommandInput,
  document: StoredDocument,
  commandId: string,
  requestedAt: Date,
  given: ParameterValues,
  timeoutSeconds: number,
): unknown {
  return {
    CommandId: commandId,
    DocumentName: document.name,
    DocumentVersion: '1',
    Comment: input.Comment ?? '',
    ExpiresAfter: (requestedAt.getTime() + timeoutSeconds * 1000) / 1000,
    RequestedDateTime: requestedAt.getTime() / 1000,
    Parameters: given,
    InstanceIds: input.InstanceIds,
    Targets: [],
    Status: 'Pending',
    StatusDetails: 'Pending',
    MaxConcurrency: '50',
    MaxErrors: '0',
    TargetCount: input.InstanceIds.length,
    CompletedCount: 0,
    ErrorCount: 0,
    DeliveryTimedOutCount: 0,
    TimeoutSeconds: timeoutSeconds,
  };
}
