import { describeRedrive, toChildInput } from './child-execution.ts';
import { StateFailure } from './failure.ts';
import type { Execution, RunOptions } from './interpreter.ts';
import type { Json, JsonObject } from './json.ts';

/** A child execution as its parent starts it. */
export interface ChildPlan {
  readonly stateMachineArn: string;
  readonly input: Json;
  /** JSON text, as StartExecution gets it. */
  readonly text: string;
  readonly context: RunOptions['context'];
  /** What StartExecution answers. */
  readonly started: { readonly executionArn: string; readonly startDate: number };
}

/** Reads the Arguments of a task that starts an execution. Refuses what the service refuses: `names` are those already used. */
export function planChild(given: Json, names: Set<string>, nowMilliseconds: number): ChildPlan {
  const { StateMachineArn, Name, Input } = given as {
    readonly StateMachineArn: string;
    readonly Name?: Json;
    readonly Input?: Json;
  };
  const name = typeof Name === 'string' ? Name : `child-${names.size + 1}`;
  const executionArn = `${StateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  // In a walk the first one has always ended by now, and the service keeps its name.
  if (names.has(executionArn)) {
    throw new StateFailure({
      error: 'StepFunctions.ExecutionAlreadyExistsException',
      cause: `Execution Already Exists: '${executionArn}'`,
    });
  }
  names.add(executionArn);
  const text = toChildInput(Input);
  return {
    stateMachineArn: StateMachineArn,
    input: parseInput(text),
    text,
    context: {
      Execution: { Id: executionArn, Name: name },
      StateMachine: { Id: StateMachineArn, Name: StateMachineArn.split(':').at(-1) ?? '' },
    },
    started: { executionArn, startDate: nowMilliseconds / 1000 },
  };
}

/** As DescribeExecution answers about an execution that has ended. */
export function describeWalked(child: ChildPlan, walked: Execution, nowMilliseconds: number): JsonObject {
  const { status, output, error, cause } = walked;
  return {
    ...child.started,
    stateMachineArn: child.stateMachineArn,
    name: child.context?.Execution?.Name ?? '',
    status,
    stopDate: nowMilliseconds / 1000,
    input: child.text,
    inputDetails: { included: true },
    ...(output !== undefined && { output: JSON.stringify(output), outputDetails: { included: true } }),
    ...(error !== undefined && status !== 'TIMED_OUT' && { error }),
    ...(cause !== undefined && { cause }),
    redriveCount: 0,
    ...describeRedrive(status),
  };
}

function parseInput(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new StateFailure({
      error: 'StepFunctions.InvalidExecutionInputException',
      cause: `Invalid State Machine Execution Input: '${(error as Error).message}'`,
    });
  }
}
