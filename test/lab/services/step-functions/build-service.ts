import { SFNClient } from '@aws-sdk/client-sfn';
import { TaskTokens, runMachine } from '../../../../lab/asl/interpreter.ts';
import { startGateway } from '../../../../lab/services/gateway.ts';
import type { Gateway } from '../../../../lab/services/gateway.ts';
import type { ExecutionRecord } from '../../../../lab/services/step-functions/executions.ts';
import { StepFunctionsService } from '../../../../lab/services/step-functions/step-functions-service.ts';
import { createTaskHandlers } from '../../../../lab/services/step-functions/task-handlers.ts';
import type { TaskServices } from '../../../../lab/services/step-functions/task-handlers.ts';
import { toClientConfig } from '../client-config.ts';

/** Step Functions behind a gateway, whose machines call each other through it as they do in the lab. */
export interface Bench {
  readonly service: StepFunctionsService;
  readonly gateway: Gateway;
  readonly client: SFNClient;
  /** Payloads the functions were invoked with, in order. */
  readonly invocations: readonly unknown[];
  /** Operations of the machines, in order. */
  readonly operations: () => string[];
  addMachine(name: string, states: Readonly<Record<string, object>>, head?: object): string;
  /** Starts an execution and waits until nothing moves. */
  run(arn: string, input?: unknown): Promise<ExecutionRecord>;
  stop(): Promise<void>;
}

export const invoke = 'arn:aws:states:::lambda:invoke';
export const startChild = 'arn:aws:states:::states:startExecution';

export interface BenchProps {
  /** Default: answers with the payload. */
  readonly invokeFunction?: TaskServices['invokeFunction'];
  readonly skipsWaits?: boolean;
}

export async function startBench({ invokeFunction, skipsWaits = false }: BenchProps = {}): Promise<Bench> {
  const invocations: unknown[] = [];
  const service = new StepFunctionsService({
    runMachine,
    tokens: new TaskTokens(),
    skipsWaits,
    handlers: createTaskHandlers({
      invokeFunction: async (name, payload, caller) => {
        invocations.push(JSON.parse(payload));
        if (invokeFunction !== undefined) return await invokeFunction(name, payload, caller);
        return await Promise.resolve({ kind: 'succeeded', payload });
      },
      call: async (serviceName, operation, input, caller) =>
        await gateway.perform(
          { service: serviceName, operation, input, caller },
          async (call) => await service.run(operation, input, call),
        ),
    }),
  });
  const gateway = await startGateway([service]);
  const client = new SFNClient(toClientConfig({ url: gateway.url, region: 'us-east-1' }));
  return {
    service,
    gateway,
    client,
    invocations,
    operations: () => gateway.calls.filter(({ caller }) => caller.startsWith('arn:')).map(({ operation }) => operation),
    addMachine: (name, states, head = {}) => {
      const arn = `arn:aws:states:us-east-1:123456789012:stateMachine:${name}`;
      const definition = { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...head };
      // As text and back, which drops what is undefined.
      service.addStateMachine({ name, arn, roleArn: 'arn:role', definition: JSON.parse(JSON.stringify(definition)) });
      return arn;
    },
    run: async (arn, input = {}) => {
      const call = { at: 0, service: 'states', operation: 'StartExecution', caller: 'test' };
      const request = { stateMachineArn: arn, input: JSON.stringify(input) };
      const started = await service.run('StartExecution', request, { ...call, input: request });
      const { executionArn } = started as { readonly executionArn: string };
      await service.whenIdle();
      const record = service.executions.find((execution) => execution.arn === executionArn);
      if (record === undefined) throw new Error(`No execution "${executionArn}"`);
      return record;
    },
    stop: async () => {
      await service.stop();
      client.destroy();
      await gateway.stop();
    },
  };
}
