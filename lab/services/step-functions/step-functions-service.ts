import * as z from 'zod/mini';
import { loadMachine } from '../../asl/machine.ts';
import { TaskTokenError } from '../../asl/tokens.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation, runOperation } from '../wire/service.ts';
import type { AwsService, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { Executions } from './executions.ts';
import type { ExecutionRecord, ExecutionsProps, StateMachineSeed } from './executions.ts';
import { defineExecutionReads, findExecution } from './read-executions.ts';
import { startExecution, startExecutionInput } from './start-execution.ts';

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
      ...this.#defineTokenCalls(),
      StartExecution: defineOperation(startExecutionInput, (input) => {
        const { arn, startedAt } = startExecution(this.#executions, this.#findMachine(input.stateMachineArn), input);
        return { executionArn: arn, startDate: startedAt.getTime() / 1000 };
      }),
      StopExecution: defineOperation(
        z.strictObject({ executionArn: z.string(), error: z.optional(z.string()), cause: z.optional(z.string()) }),
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

  /** Resolves when no execution runs. */
  async whenIdle(): Promise<void> {
    await this.#executions.whenIdle();
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

  #defineTokenCalls(): Readonly<Record<string, Operation>> {
    const { tokens } = this.#props;
    const taskToken = z.string().check(z.minLength(1), z.maxLength(2048));
    return {
      SendTaskSuccess: defineOperation(z.strictObject({ taskToken, output: z.string() }), (input) =>
        answerToken(() => tokens.sendTaskSuccess(input.taskToken, parseOutput(input.output))),
      ),
      SendTaskFailure: defineOperation(
        z.strictObject({ taskToken, error: z.optional(z.string()), cause: z.optional(z.string()) }),
        ({ taskToken: token, error, cause }) => answerToken(() => tokens.sendTaskFailure(token, { error, cause })),
      ),
      SendTaskHeartbeat: defineOperation(z.strictObject({ taskToken }), (input) =>
        answerToken(() => tokens.sendTaskHeartbeat(input.taskToken)),
      ),
    };
  }
}

function parseOutput(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ServiceError('InvalidOutput', 'Invalid Output: it is not JSON');
  }
}

/** A token that is unknown or spent has error names of its own. */
function answerToken(send: () => void): unknown {
  try {
    send();
    return {};
  } catch (error) {
    if (error instanceof TaskTokenError) throw new ServiceError(error.name, error.message);
    throw error;
  }
}
