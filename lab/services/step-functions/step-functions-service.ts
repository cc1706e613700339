import * as z from 'zod/mini';
import { loadMachine } from '../../asl/machine.ts';
import type { OpenToken } from '../../asl/tokens.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation, runOperation } from '../wire/service.ts';
import type { AwsService, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { Executions } from './executions.ts';
import type { ExecutionRecord, ExecutionsProps, StateMachineSeed } from './executions.ts';
import { defineExecutionReads, findExecution } from './read-executions.ts';
import { startExecution, startExecutionInput } from './start-execution.ts';
import { defineTokenCalls, failureFields } from './token-calls.ts';

/** The Step Functions of the lab: Standard machines, run by the lab's own interpreter. */
export class StepFunctionsService implements AwsService {
  readonly name = 'states';
  readonly wire: Wire = { kind: 'json', targetPrefix: 'AWSStepFunctions', version: '1.0' };
  readonly #props: ExecutionsProps;
  readonly #executions: Executions;
  readonly #machines = new Map<string, StateMachineSeed>();
  readonly #operations: Readonly<Record<string, Operation>>;

  constructor(props: ExecutionsProps) {
    this.#props = props;
    this.#executions = new Executions(props);
    this.#operations = {
      ...defineExecutionReads(this.#executions, (arn) => void this.#findMachine(arn)),
      ...defineTokenCalls(props.tokens),
      StartExecution: defineOperation(startExecutionInput, (input) => {
        const { arn, startedAt } = startExecution(this.#executions, this.#findMachine(input.stateMachineArn), input);
        return { executionArn: arn, startDate: startedAt.getTime() / 1000 };
      }),
      StopExecution: defineOperation(
        z.strictObject({ executionArn: z.string(), ...failureFields }),
        async ({ executionArn, error, cause }) => {
          const record = findExecution(this.#executions, executionArn);
          if (record.status === 'RUNNING') await this.#executions.stop(record, error, cause);
          return { stopDate: (record.stoppedAt?.getTime() ?? 0) / 1000 };
        },
      ),
    };
  }

  /** Every execution so far, oldest first. */
  get executions(): readonly ExecutionRecord[] {
    return [...this.#executions.records.values()];
  }

  /** What waits for SendTaskSuccess or SendTaskFailure, oldest first. */
  get openTokens(): readonly OpenToken[] {
    return this.#props.tokens.openTokens;
  }

  async run(_operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    return await runOperation('Step Functions', this.#operations, call);
  }

  /** Deploys a machine; a definition the interpreter would not run is refused here. */
  addStateMachine(seed: StateMachineSeed): void {
    loadMachine(seed.definition);
    this.#machines.set(seed.arn, seed);
  }

  /** Waits for an execution's end. */
  async whenDone(executionArn: string): Promise<ExecutionRecord> {
    const record = findExecution(this.#executions, executionArn);
    await this.#executions.whenDone(record);
    return record;
  }

  /** Resolves when no execution runs, or those that run can only be moved on by an answer from outside, or by `skipTime`. */
  async whenIdle(): Promise<void> {
    await this.#executions.whenIdle();
  }

  /**
   * Waits until idle, lets time pass for the executions that wait for an answer from outside, and waits until what came
   * due has happened. No other clock moves.
   */
  async skipTime(milliseconds: number): Promise<void> {
    await this.#executions.skipTime(milliseconds);
  }

  /** Aborts what still runs. */
  async stop(): Promise<void> {
    const running = this.executions.filter(({ status }) => status === 'RUNNING');
    await Promise.all(running.map(async (record) => await this.#executions.stop(record, undefined, undefined)));
  }

  #findMachine(arn: string): StateMachineSeed {
    const machine = this.#machines.get(arn);
    if (machine !== undefined) return machine;
    throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  }
}
