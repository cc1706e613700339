import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabSetupError } from '../services/setup-error.ts';
import { ServiceError } from '../services/wire/service-error.ts';
import { checkEnvironment, toProcessEnvironment } from './function-environment.ts';
import type { FunctionSpec, LogLine, RuntimeProps } from './function-environment.ts';
import { FunctionProcess } from './function-process.ts';
import type { Outcome } from './function-process.ts';

/** A function with its processes: those that wait, and how many requests run. */
interface DeployedFunction {
  readonly spec: FunctionSpec;
  readonly taskRoot: string;
  readonly processes: Set<FunctionProcess>;
  readonly idle: FunctionProcess[];
  /** Requests for which there is no process yet, the oldest first. */
  readonly waiting: (() => void)[];
  running: number;
  /** Requests that have a process, or are just being given one. */
  served: number;
}

/** Lambda's limits for the payload of a synchronous request, both ways. */
const maximumRequestBytes = 6 * 1024 * 1024;
const maximumResponseBytes = 6_291_556;

/** Runs the deployed functions, each in processes of its own that stay warm between requests. */
export class LambdaRuntime {
  readonly #props: RuntimeProps;
  readonly #functions = new Map<string, DeployedFunction>();
  readonly #lines: LogLine[] = [];
  #root: Promise<string> | undefined;
  #isStopped = false;
  #skippedMs = 0;

  constructor(props: RuntimeProps) {
    this.#props = props;
  }

  get functionNames(): readonly string[] {
    return [...this.#functions.keys()];
  }

  /** How far the functions' clock is ahead of the machine's. */
  get skippedMs(): number {
    return this.#skippedMs;
  }

  /** Deploys a function: its code is copied away, so that it finds no module it did not bring along. */
  async addFunction(spec: FunctionSpec): Promise<void> {
    checkEnvironment(spec);
    this.#root ??= mkdtemp(join(tmpdir(), 'connection-fuse-lab-'));
    const taskRoot = join(await this.#root, spec.functionName);
    await cp(spec.codeDirectory, taskRoot, { recursive: true });
    this.#functions.set(spec.functionName, {
      spec,
      taskRoot,
      processes: new Set(),
      idle: [],
      waiting: [],
      running: 0,
      served: 0,
    });
  }

  /** Lines in a function's log group, oldest first. */
  linesOf(functionName: string): readonly LogLine[] {
    return this.#lines.filter((line) => line.functionName === functionName);
  }

  /** Invokes a function by name or ARN with JSON text and returns JSON text, or the error the function ended with. */
  async invoke(
    nameOrArn: string,
    payload: string,
    traceId = 'Root=1-00000000-000000000000000000000000',
  ): Promise<Outcome> {
    const deployed = this.#find(nameOrArn);
    if (Buffer.byteLength(payload) > maximumRequestBytes) {
      throw new ServiceError('RequestTooLargeException', 'Request must be smaller than 6291456 bytes', 413);
    }
    if (deployed.running >= (deployed.spec.reservedConcurrency ?? Infinity)) {
      throw new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429);
    }
    deployed.running += 1;
    try {
      return limitResponse(await this.#inTurn(deployed, async () => await this.#run(deployed, payload, traceId)));
    } finally {
      deployed.running -= 1;
    }
  }

  /** Starts one process of each function, or of the ones named, so that their next request is a warm one. */
  async prewarm(functionNames: readonly string[] = this.functionNames): Promise<void> {
    await Promise.all(
      functionNames.map(async (name) => {
        const deployed = this.#find(name);
        const started = await this.#start(deployed);
        if ('error' in started) {
          throw new LabSetupError(
            `Could not start '${name}': ${started.error.errorType}: ${started.error.errorMessage}`,
          );
        }
        deployed.idle.push(started.process);
      }),
    );
  }

  /** Kills the process that signs with this token, as a crash would; its request ends in Runtime.ExitError. */
  async killCaller(sessionToken: string): Promise<void> {
    const processes = [...this.#functions.values()].flatMap((deployed) => [...deployed.processes]);
    await processes.find((process) => process.sessionToken === sessionToken)?.kill();
  }

  /** Lets time pass for all functions at once. Only where waits are skipped: else their clock is the machine's. */
  skipTime(milliseconds: number): void {
    if (this.#props.skipsWaits !== true)
      throw new LabSetupError('Could not skip time: the functions run on the real clock');
    this.#skippedMs += milliseconds;
  }

  /** Ends every process and removes the copied code. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const processes = [...this.#functions.values()].flatMap((deployed) => [...deployed.processes]);
    await Promise.all(processes.map(async (process) => await process.kill()));
    if (this.#root !== undefined) await rm(await this.#root, { recursive: true, force: true });
  }

  async #inTurn<Result>(deployed: DeployedFunction, run: () => Promise<Result>): Promise<Result> {
    const { waiting } = deployed;
    if (deployed.served >= (this.#props.mostProcesses ?? Infinity)) {
      // Whoever is done hands its place over, so that it is never free for somebody who comes later.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else deployed.served += 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) deployed.served -= 1;
      else next();
    }
  }

  async #run(deployed: DeployedFunction, payload: string, traceId: string): Promise<Outcome> {
    const warm = deployed.idle.pop();
    const started = warm === undefined ? await this.#start(deployed) : { process: warm };
    if ('error' in started) return { kind: 'failed', error: started.error };
    const { functionArn, timeoutSeconds } = deployed.spec;
    const deadlineAtMs = Date.now() + this.#skippedMs + timeoutSeconds * 1000;
    const outcome = await started.process.invoke({
      requestId: randomUUID(),
      functionArn,
      payload,
      deadlineAtMs,
      traceId,
      skippedMs: this.#skippedMs,
    });
    this.#skippedMs = Math.max(this.#skippedMs, started.process.skippedMs);
    if (started.process.isDead) deployed.processes.delete(started.process);
    else deployed.idle.push(started.process);
    return outcome;
  }

  async #start(
    deployed: DeployedFunction,
  ): Promise<
    { readonly process: FunctionProcess } | { readonly error: Extract<Outcome, { kind: 'failed' }>['error'] }
  > {
    if (this.#isStopped)
      throw new LabSetupError(`Could not start '${deployed.spec.functionName}': the runtime is stopped`);
    const { spec, taskRoot } = deployed;
    const process = new FunctionProcess({
      taskRoot,
      environment: toProcessEnvironment(spec, taskRoot, randomUUID(), this.#props),
      timeoutSeconds: spec.timeoutSeconds,
      skipsWaits: this.#props.skipsWaits === true,
      onLine: (stream, requestId, text) => this.#log({ functionName: spec.functionName, requestId, stream, text }),
    });
    deployed.processes.add(process);
    const error = await process.init();
    if (error === undefined) return { process };
    deployed.processes.delete(process);
    return { error };
  }

  #log(line: LogLine): void {
    this.#lines.push(line);
    this.#props.onLine?.(line);
  }

  #find(nameOrArn: string): DeployedFunction {
    // A qualifier after the name, as in `…:function:name:$LATEST`, leads to the same code: the lab has no versions.
    const name = nameOrArn.startsWith('arn:') ? (nameOrArn.split(':')[6] ?? '') : (nameOrArn.split(':')[0] ?? '');
    const deployed = this.#functions.get(name);
    if (deployed !== undefined) return deployed;
    throw new ServiceError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
  }
}

/** The answer over the limit is an error of the function, not of the call. */
function limitResponse(outcome: Outcome): Outcome {
  if (outcome.kind === 'failed' || Buffer.byteLength(outcome.payload) <= maximumResponseBytes) return outcome;
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${maximumResponseBytes} bytes).`;
  return { kind: 'failed', error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage, trace: [] } };
}
