import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { ExecutionRecord, Executions, StateMachineSeed } from './executions.ts';

/** What StartExecution takes in the lab. */
export const startExecutionInput = z.strictObject({
  stateMachineArn: z.string(),
  name: z.optional(z.string()),
  input: z.optional(z.string()),
});

/** Limit of an execution's input, in bytes of UTF-8. */
const maximumInputBytes = 262_144;
/** A name is reserved for this long after its execution closed. */
const nameReservedMs = 90 * 24 * 3600 * 1000;

/** Characters a name may not hold: white space, control characters and what AWS lists. */
const forbiddenInName = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u;

/**
 * Starts an execution. A name that runs with the same input answers as before; a name with another input, or one that
 * closed less than 90 days ago, is refused.
 */
export function startExecution(
  executions: Executions,
  machine: StateMachineSeed,
  input: z.output<typeof startExecutionInput>,
): ExecutionRecord {
  const name = input.name ?? randomUUID();
  const text = input.input ?? '{}';
  checkName(name);
  checkInput(text);
  const known = [...executions.records.values()].find(
    (record) => record.machine.arn === machine.arn && record.name === name,
  );
  if (known === undefined || isForgotten(known)) return executions.start(machine, name, text);
  if (known.status === 'RUNNING' && known.input === text) return known;
  throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${known.arn}'`);
}

/** After 90 days the service no longer knows the name. */
function isForgotten({ stoppedAt }: ExecutionRecord): boolean {
  return stoppedAt !== undefined && Date.now() - stoppedAt.getTime() > nameReservedMs;
}

function checkName(name: string): void {
  if (name.length >= 1 && name.length <= 80 && !forbiddenInName.test(name)) return;
  throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
}

function checkInput(text: string): void {
  const reason = Buffer.byteLength(text) > maximumInputBytes ? 'it is over 262144 bytes' : whyNotJson(text);
  if (reason === undefined) return;
  throw new ServiceError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${reason}'`);
}

function whyNotJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
