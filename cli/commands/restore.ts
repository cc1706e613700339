import { setTimeout as sleep } from 'node:timers/promises';
import { userInfo } from 'node:os';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { DescribeExecutionCommandOutput } from '@aws-sdk/client-sfn';
import type { CAC } from 'cac';
import { parseWith } from '../../lambdas/shared/contracts/parse.ts';
import { RestoreRequestSchema } from '../../lambdas/shared/contracts/restoring.ts';
import type { RestoreRequest } from '../../lambdas/shared/contracts/restoring.ts';
import { defaultStackName, findDeployment } from '../account.ts';
import type { AccountOptions } from '../account.ts';
import { paint, print, printJson, progress, UsageError } from '../output.ts';

interface RestoreOptions extends AccountOptions {
  readonly server?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `fuse restore`: starts the restore state machine and tells, entry by entry, what came back. */
export function addRestoreCommand(cli: CAC): void {
  cli
    .command('restore [incident]', 'Undo the cuts of an incident or of a server, exactly and in reverse order')
    .option('--server <id>', 'Undo what was done to this server')
    .option('--action <id>', 'Only this action, for example kill-connections')
    .option('--reason <text>', 'Why it is undone; wanted')
    .option('--stack <name>', 'Stack of the fuse', { default: defaultStackName })
    .option('--json', 'One JSON object')
    .example('  fuse restore inc-0123456789abcdef0123 --reason "false alarm, checked by the desk"')
    .action(async (incident: string | undefined, options: RestoreOptions) => {
      const request = toRequest(incident, options);
      const { restoreArn } = await findDeployment(options);
      const execution = await runRestore(restoreArn, request);
      if (options.json === true) printJson(toResult(execution));
      else printRestore(execution);
      if (execution.status !== 'SUCCEEDED') process.exitCode = 1;
    });
}

function toRequest(incident: string | undefined, options: RestoreOptions): RestoreRequest {
  if (incident === undefined && options.server === undefined && options.action === undefined) {
    throw new UsageError(
      'Nothing is named to restore',
      'fuse restore <incident> --reason "...", or --server <id>, or --action <id>',
    );
  }
  if (options.reason === undefined) throw new UsageError('A restore wants a reason', 'Add --reason "..."');
  const request = {
    ...(incident === undefined ? {} : { incidentId: incident }),
    ...(options.server === undefined ? {} : { server: options.server }),
    ...(options.action === undefined ? {} : { action: options.action }),
    requestedBy: userInfo().username,
    reason: options.reason,
  };
  return parseWith(
    RestoreRequestSchema,
    request,
    'Restore request',
    (message) => new UsageError(message, 'fuse restore --help'),
  );
}

async function runRestore(arn: string, request: RestoreRequest): Promise<DescribeExecutionCommandOutput> {
  const client = new SFNClient();
  const started = await client.send(
    new StartExecutionCommand({ stateMachineArn: arn, input: JSON.stringify(request) }),
  );
  progress(`Restore runs as ${started.executionArn}`);
  for (;;) {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn: started.executionArn }));
    if (execution.status !== 'RUNNING' && execution.status !== 'PENDING_REDRIVE') return execution;
    await sleep(500);
  }
}

function toResult({ status, output, error, cause }: DescribeExecutionCommandOutput): Record<string, unknown> {
  return {
    ok: status === 'SUCCEEDED',
    ...(output === undefined ? {} : { result: JSON.parse(output) as unknown }),
    ...(error === undefined ? {} : { error, cause }),
  };
}

interface RestoreShown {
  readonly outcome?: string;
  readonly results?: readonly { readonly status: string; readonly summary: string }[];
}

function printRestore(execution: DescribeExecutionCommandOutput): void {
  const { outcome, results } = (toResult(execution)['result'] ?? {}) as RestoreShown;
  print(outcome === undefined ? `${paint.bad('not restored')} ${readCause(execution.cause)}` : paint.good(outcome));
  for (const { status, summary } of results ?? []) print(`  ${status}: ${summary}`);
}

/** A function's error arrives as JSON inside the cause, and that of an earlier function inside its message. */
function readCause(cause = ''): string {
  const start = cause.indexOf('{');
  try {
    const { errorMessage } = JSON.parse(cause.slice(Math.max(0, start))) as { errorMessage?: string };
    return errorMessage === undefined ? cause : readCause(errorMessage);
  } catch {
    return cause;
  }
}
