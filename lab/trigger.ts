import { SendTaskSuccessCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { HistoryEvent } from './asl/history.ts';
import { isRecord, readText } from '../lambdas/shared/record.ts';
import type { AwsLab } from './services/aws-lab.ts';
import type { EventSeed } from './services/events/event.ts';
import type { ExecutionRecord } from './services/step-functions/executions.ts';
import type { Deployment } from './template/deploy-template.ts';

/** As long as the longest period of the app's own schedules. */
const scheduleMs = 15 * 60_000;

/** What was seen of the respond machine after an event. */
export interface RespondSeen {
  /** State names in the order of entry; empty when no rule of the deployed app took the event. */
  readonly path: readonly string[];
  readonly outcome: string;
  readonly reason: string;
  /** Why the execution did not end well, or the event reached none; null when all is well. */
  readonly trouble: string | null;
  /** What `assess` answered, as it stands in the history. */
  readonly assessment: unknown;
  readonly executionArn: string | null;
}

/**
 * Delivers an event on the way AWS would: events of AWS services on the default bus, sensor events on the fuse bus,
 * manual starts straight to the machine. For the event of a schedule time passes, and every schedule fires that is due. Waits until nothing is under way any more.
 */
export async function triggerRespond(aws: AwsLab, deployment: Deployment, event: unknown): Promise<RespondSeen> {
  const machineArn = deployment.outputs['RespondStateMachineArn'] ?? '';
  const known = new Set(aws.stepFunctions.executions);
  if (isRecord(event) && 'fuse' in event) await startExecution(aws, machineArn, event);
  else if (isRecord(event) && event['source'] === 'aws.events') aws.events.fireSchedules(scheduleMs);
  else emitEvent(aws, deployment, event);
  await aws.whenIdle();
  const execution = aws.stepFunctions.executions.find((seen) => seen.machine.arn === machineArn && !known.has(seen));
  if (execution === undefined) {
    const trouble = whyNoExecution(aws, deployment);
    return { path: [], outcome: 'not-started', reason: trouble, trouble, assessment: null, executionArn: null };
  }
  const closed = aws.events.events.findLast(
    ({ event: { detail } }) => detail['executionId'] === execution.arn && 'outcome' in detail,
  );
  return {
    path: execution.path,
    outcome: readText(closed?.event.detail['outcome']) ?? execution.status,
    reason: readText(closed?.event.detail['summary']) ?? execution.cause ?? '',
    // An incident that is closed as failed says so in its outcome; an execution that dies before that must not pass.
    trouble:
      closed === undefined ? `Execution ${execution.status}: ${execution.error ?? ''} ${execution.cause ?? ''}` : null,
    assessment: findAssessment(execution.history),
    executionArn: execution.arn,
  };
}

/** Puts an event on the bus it comes by: the default one for AWS services, the fuse's own for sensors. */
export function emitEvent(aws: AwsLab, deployment: Deployment, event: unknown): void {
  aws.events.emit(event as EventSeed, busOf(event, deployment));
}

/** Starts a machine by hand, on the wire as an operator's tools do, and returns its record in the lab. */
export async function startExecution(aws: AwsLab, stateMachineArn: string, input: unknown): Promise<ExecutionRecord> {
  const { executionArn } = await createClient(aws).send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return await aws.stepFunctions.whenDone(executionArn ?? '');
}

/** Brings a task token back with an answer, as the `fuse` command does. */
export async function answerTask(aws: AwsLab, taskToken: string, answer: unknown): Promise<void> {
  await createClient(aws).send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(answer) }));
}

function createClient({ url, region }: AwsLab): SFNClient {
  return new SFNClient({
    endpoint: url,
    region,
    credentials: { accessKeyId: 'AKIALABOPERATOR', secretAccessKey: 'lab' },
  });
}

function whyNoExecution(aws: AwsLab, deployment: Deployment): string {
  const letters = aws.sqs.messagesOf(deployment.outputs['DeadLetterQueueUrl'] ?? '');
  const last = letters.at(-1);
  if (last === undefined) return 'No rule of the app takes it';
  return `It could not be delivered and lies in the dead-letter queue (${letters.length} there)`;
}

function busOf(event: unknown, deployment: Deployment): string {
  const source = isRecord(event) ? String(event['source']) : '';
  return source.startsWith('aws.') ? 'default' : (deployment.outputs['BusName'] ?? 'default');
}

function findAssessment(history: readonly HistoryEvent[]): unknown {
  const left = history.find(({ type, details }) => type === 'TaskStateExited' && details.name === 'Assess');
  return left?.details.output ?? null;
}
