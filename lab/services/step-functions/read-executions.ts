import * as z from 'zod/mini';
import { describeRedrive } from '../../asl/child-execution.ts';
import { toApiEvent } from '../../asl/history.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import type { ExecutionRecord, Executions } from './executions.ts';

const page = {
  maxResults: z.optional(z.int().check(z.gte(0), z.lte(1000))),
  nextToken: z.optional(z.string()),
};

/** What the service answers when the caller names no size, or zero. */
const defaultPage = 100;

/** The three calls that show executions. */
export function defineExecutionReads(
  executions: Executions,
  checkMachine: (arn: string) => void,
): Readonly<Record<string, Operation>> {
  return {
    DescribeExecution: defineOperation(z.strictObject({ executionArn: z.string() }), ({ executionArn }) =>
      viewExecution(findExecution(executions, executionArn)),
    ),
    GetExecutionHistory: defineOperation(
      z.strictObject({
        executionArn: z.string(),
        reverseOrder: z.optional(z.boolean()),
        includeExecutionData: z.optional(z.literal(true)),
        ...page,
      }),
      ({ executionArn, reverseOrder = false, ...input }) => {
        const events = findExecution(executions, executionArn).history.map(toApiEvent);
        const { things, nextToken } = cut(reverseOrder ? events.toReversed() : events, input);
        return { events: things, nextToken };
      },
    ),
    ListExecutions: defineOperation(
      z.strictObject({ stateMachineArn: z.string(), statusFilter: z.optional(z.string()), ...page }),
      ({ stateMachineArn, statusFilter, ...input }) => {
        checkMachine(stateMachineArn);
        const kept = [...executions.records.values()]
          .filter(({ machine, status }) => machine.arn === stateMachineArn && status === (statusFilter ?? status))
          .toReversed();
        const { things, nextToken } = cut(kept, input);
        return { executions: things.map(viewListed), nextToken };
      },
    ),
  };
}

/** Finds an execution or answers as the service does. */
export function findExecution(executions: Executions, arn: string): ExecutionRecord {
  const record = executions.records.get(arn);
  if (record !== undefined) return record;
  throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
}

function viewExecution(record: ExecutionRecord): unknown {
  const { output, error, cause, input } = record;
  return {
    ...viewListed(record),
    ...describeRedrive(record.status),
    input,
    inputDetails: { included: true },
    ...(output !== undefined && { output, outputDetails: { included: true } }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
  };
}

function viewListed(record: ExecutionRecord): Readonly<Record<string, unknown>> {
  return {
    executionArn: record.arn,
    stateMachineArn: record.machine.arn,
    name: record.name,
    status: record.status,
    startDate: record.startedAt.getTime() / 1000,
    stopDate: record.stoppedAt && record.stoppedAt.getTime() / 1000,
    redriveCount: 0,
  };
}

/** Tokens are plain offsets: histories only grow at their end. */
function cut<Thing>(
  things: readonly Thing[],
  input: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
): { readonly things: readonly Thing[]; readonly nextToken: string | undefined } {
  const start = input.nextToken === undefined ? 0 : Number(input.nextToken);
  if (!Number.isInteger(start)) throw new ServiceError('InvalidToken', `Invalid Token: '${input.nextToken}'`);
  const end = start + (input.maxResults || defaultPage);
  return { things: things.slice(start, end), nextToken: end < things.length ? String(end) : undefined };
}
