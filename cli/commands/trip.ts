import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { userInfo } from 'node:os';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { DescribeExecutionCommandOutput } from '@aws-sdk/client-sfn';
import type { CAC } from 'cac';
import { parseWith } from '../../lambdas/shared/contracts/parse.ts';
import { ManualStartSchema } from '../../lambdas/shared/signals/parse-manual.ts';
import { defaultStackName, findDeployment } from '../account.ts';
import type { AccountOptions } from '../account.ts';
import { paint, print, printJson, progress, UsageError } from '../output.ts';

interface TripOptions extends AccountOptions {
  readonly server?: string | string[];
  readonly kind?: string;
  readonly peer?: string | string[];
  readonly port?: string | number | (string | number)[];
  readonly reason?: string | number;
  readonly expires?: number;
  readonly requestId?: string | number;
  readonly breakGlass?: boolean;
  readonly json?: boolean;
}

/** `fuse trip`: a person starts the fuse; the flowchart decides as it does for every other signal. */
export function addTripCommand(cli: CAC): void {
  cli
    .command('trip', 'Start the fuse by hand: the flowchart decides, lifelines stay untouched')
    .option('--server <id>', 'Server in trouble; may be given several times')
    .option('--kind <kind>', 'What is wrong, for example ransomware, command-and-control, clock-offset')
    .option('--peer <cidr>', 'Cut only this address or range; may be given several times')
    .option('--port <port>', 'Cut only this local TCP port; may be given several times')
    .option('--expires <minutes>', 'Undo the cut by itself after so long')
    .option('--request-id <id>', 'Starting the same again under it is a repeat, not a second cut')
    .option('--break-glass', 'Pass over budget, exceptions and approvals: recorded with your name and told to everyone')
    .option('--reason <text>', 'Why; wanted')
    .option('--stack <name>', 'Stack of the fuse', { default: defaultStackName })
    .option('--json', 'One JSON object')
    .example('  fuse trip --server i-0123456789abcdef0 --kind ransomware --reason "files are being encrypted"')
    .action(async (options: TripOptions) => {
      const start = toStart(options);
      const { respondArn } = await findDeployment(options);
      const execution = await run(respondArn, start);
      const closed = { status: execution.status, error: execution.error, cause: execution.cause };
      const result = execution.output === undefined ? closed : (JSON.parse(execution.output) as object);
      if (options.json === true)
        printJson({ ok: execution.status === 'SUCCEEDED', requestId: start.requestId, ...result });
      else printEnd(execution);
      if (execution.status !== 'SUCCEEDED') process.exitCode = 1;
    });
}

function toStart(options: TripOptions) {
  const { kind, expires, requestId } = options;
  // The parser makes a number of what looks like one.
  const reason = String(options.reason ?? '');
  const servers = toList(options.server);
  if (servers.length === 0) throw new UsageError('No server is named', 'Add --server <id>');
  if (kind === undefined) throw new UsageError('The trouble is not named', 'Add --kind <kind>, for example ransomware');
  if (reason === '') throw new UsageError('A start wants a reason', 'Add --reason "..."');
  const peers = toList(options.peer);
  const ports = toList(options.port).map(Number);
  const start = {
    fuse: 'trip',
    requestedBy: userInfo().username,
    reason,
    servers,
    kind,
    requestId: String(requestId ?? randomUUID()),
    ...(peers.length > 0 && { peers }),
    ...(ports.length > 0 && { ports }),
    ...(expires !== undefined && { expiresInMinutes: expires }),
    ...(options.breakGlass === true && { breakGlass: true }),
  };
  return parseWith(ManualStartSchema, start, 'Manual start', (message) => new UsageError(message, 'fuse trip --help'));
}

/** The parser hands over one value as it is and several as a list. */
function toList(value: string | number | readonly (string | number)[] | undefined): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

async function run(arn: string, start: object): Promise<DescribeExecutionCommandOutput> {
  const client = new SFNClient();
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn: arn, input: JSON.stringify(start) }),
  );
  progress(`The fuse runs as ${executionArn}`);
  for (;;) {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== 'RUNNING' && execution.status !== 'PENDING_REDRIVE') return execution;
    await sleep(300);
  }
}

function printEnd({ status, output, error, cause }: DescribeExecutionCommandOutput): void {
  if (status !== 'SUCCEEDED' || output === undefined) {
    print(`${paint.bad('not contained')} ${error ?? status}: ${cause ?? ''}`);
    return;
  }
  const { outcome, summary, incidentId } = JSON.parse(output) as Readonly<Record<string, string>>;
  print(`${paint.strong(outcome ?? '')} ${incidentId ?? ''}: ${summary ?? ''}`);
}
