import type { Outcome } from '../lambda-runtime/function-process.ts';
import type { LambdaRuntime } from '../lambda-runtime/lambda-runtime.ts';
import type { Gateway } from './gateway.ts';
import { LabSetupError } from './setup-error.ts';
import type { AwsService } from './wire/service.ts';

/** Calls an operation of one of the lab's services from another, recorded like a call on the wire. */
export type CallService = (service: string, operation: string, input: unknown, caller: string) => Promise<unknown>;

/** The ties between services, which exist before the endpoint that records what goes over them. */
export class Links {
  #gateway: Gateway | undefined;
  #services: readonly AwsService[] = [];
  #lambda: LambdaRuntime | undefined;

  /** How far the functions' clock is ahead. */
  get skippedMs(): number {
    return this.#lambda?.skippedMs ?? 0;
  }

  tie(gateway: Gateway, services: readonly AwsService[], lambda: LambdaRuntime): void {
    this.#gateway = gateway;
    this.#services = services;
    this.#lambda = lambda;
  }

  async call(name: string, operation: string, input: unknown, caller: string): Promise<unknown> {
    const service = this.#services.find((candidate) => candidate.name === name);
    if (service === undefined || this.#gateway === undefined)
      throw new LabSetupError(`The lab has no service '${name}'`);
    return await this.#gateway.perform(
      { service: name, operation, input, caller },
      async (call) => await service.run(operation, input, call),
    );
  }

  async invoke(functionName: string, payload: string, caller: string): Promise<Outcome> {
    const lambda = this.#lambda;
    if (lambda === undefined || this.#gateway === undefined) throw new LabSetupError('The lab is not started yet');
    const input = { FunctionName: functionName, Payload: JSON.parse(payload) as unknown };
    return await this.#gateway.perform(
      { service: 'lambda', operation: 'Invoke', input, caller },
      async () => await lambda.invoke(functionName, payload),
    );
  }
}
