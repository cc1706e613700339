import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { UsageError } from './output.ts';

/** Where the deployed fuse keeps what the command needs; read from the stack's outputs. */
export interface Deployment {
  readonly tableName: string;
  readonly respondArn: string;
  readonly restoreArn: string;
  readonly busName: string;
}

/** Options every verb takes that talks to an account. */
export interface AccountOptions {
  readonly stack: string;
}

/** The name the app gives its stack. */
export const defaultStackName = 'ConnectionFuse';

/** Reads the outputs of the stack; a stack that is not there is a mistake of the user, with the next step. */
export async function findDeployment(options: AccountOptions): Promise<Deployment> {
  const outputs = await readOutputs(options.stack);
  const read = (key: string): string => {
    const value = outputs.get(key);
    if (value !== undefined) return value;
    throw new UsageError(`Stack "${options.stack}" has no output "${key}"`, 'Deploy this version of connection-fuse');
  };
  return {
    tableName: read('TableName'),
    respondArn: read('RespondStateMachineArn'),
    restoreArn: read('RestoreStateMachineArn'),
    busName: read('BusName'),
  };
}

async function readOutputs(stackName: string): Promise<Map<string, string>> {
  try {
    const { Stacks } = await new CloudFormationClient().send(new DescribeStacksCommand({ StackName: stackName }));
    return new Map(
      (Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']),
    );
  } catch (error) {
    throw new UsageError(
      `Could not read stack "${stackName}": ${error instanceof Error ? error.message : String(error)}`,
      'Set AWS_REGION and credentials, name the stack by --stack, or try "fuse lab --keep" and its variables',
    );
  }
}
