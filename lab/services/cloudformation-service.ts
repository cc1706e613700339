import * as z from 'zod/mini';
import { ServiceError } from './wire/service-error.ts';
import { defineOperation, runOperation } from './wire/service.ts';
import type { AwsService, Operation, ServiceCall, Wire } from './wire/service.ts';

/** A deployed stack, as far as DescribeStacks shows it. */
export interface StackSeed {
  readonly stackName: string;
  readonly stackId: string;
  readonly description?: string | undefined;
  readonly outputs: readonly StackOutput[];
}

/** One output of a stack, resolved. */
export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly description?: string | undefined;
  readonly exportName?: string | undefined;
}

/** The CloudFormation of the lab: it tells what was deployed. */
export class CloudFormationService implements AwsService {
  readonly name = 'cloudformation';
  readonly wire: Wire = {
    kind: 'query',
    scope: 'cloudformation',
    namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  };
  readonly #stacks = new Map<string, StackSeed & { readonly createdAt: Date }>();
  readonly #operations: Readonly<Record<string, Operation>> = {
    DescribeStacks: defineOperation(z.strictObject({ StackName: z.optional(z.string()) }), ({ StackName }) => {
      const stacks = [...this.#stacks.values()];
      const found = stacks.filter(({ stackName, stackId }) => [undefined, stackName, stackId].includes(StackName));
      if (StackName !== undefined && found.length === 0) {
        throw new ServiceError('ValidationError', `Stack with id ${StackName} does not exist`);
      }
      return { Stacks: found.map(viewStack) };
    }),
  };

  addStack(seed: StackSeed): void {
    this.#stacks.set(seed.stackName, { ...seed, createdAt: new Date() });
  }

  async run(_operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    const codes = { invalid: 'ValidationError', missing: 'ValidationError' };
    return await runOperation('CloudFormation', this.#operations, call, codes);
  }
}

/** A stack is always complete: the lab deploys in one go or not at all. */
function viewStack({
  stackName,
  stackId,
  description,
  outputs,
  createdAt,
}: StackSeed & { readonly createdAt: Date }): unknown {
  return {
    StackName: stackName,
    StackId: stackId,
    Description: description,
    CreationTime: createdAt,
    StackStatus: 'CREATE_COMPLETE',
    DisableRollback: false,
    Outputs: outputs.map(({ key, value, description: text, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      Description: text,
      ExportName: exportName,
    })),
  };
}
