import { join } from 'node:path';
import { findStack } from './prepare-assembly.ts';
import { runCommand } from './run-command.ts';

const cdk = join(import.meta.dirname, '..', '..', 'node_modules', 'aws-cdk', 'bin', 'cdk');

export interface DeployProps {
  readonly assembly: string;
  readonly accountId: string;
  readonly region: string;
  /** Leads the command to the target. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Bootstraps the account and deploys the assembly as a user would: by the CDK command line. */
export async function deployApp({ assembly, accountId, region, environment }: DeployProps): Promise<void> {
  const quiet = { ...environment, CDK_DISABLE_CLI_TELEMETRY: '1', NO_COLOR: '1' };
  const run = async (...args: string[]) =>
    await runCommand(process.execPath, [cdk, ...args, '--app', assembly, '--no-notices'], quiet);
  await run('bootstrap', `aws://${accountId}/${region}`);
  await run('deploy', findStack(assembly).artifactId, '--require-approval', 'never');
}
