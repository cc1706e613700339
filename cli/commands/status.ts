import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CAC } from 'cac';
import { AuditTable } from '../../lambdas/shared/clients/audit-table.ts';
import { defaultStackName, findDeployment } from '../account.ts';
import type { AccountOptions } from '../account.ts';
import { print, printJson, UsageError } from '../output.ts';
import { TableReader } from './audit/table-reader.ts';
import { readStatus } from './status/read-status.ts';
import type { Status } from './status/read-status.ts';
import { showStatus } from './status/show-status.ts';

interface StatusOptions extends AccountOptions {
  readonly limit: number | string;
  readonly over: number | string;
  readonly json?: boolean;
}

/** `fuse status`: how the fuse stands right now, at a glance; it changes nothing. */
export function addStatusCommand(cli: CAC): void {
  cli
    .command('status', 'Show the mode, what is cut, what waits for a person, and how fast the last cuts were')
    .option('--limit <number>', 'How many of the latest incidents are told', { default: 5 })
    .option('--over <number>', 'Over how many incidents the percentiles are taken', { default: 200 })
    .option('--stack <name>', 'Stack of the fuse', { default: defaultStackName })
    .option('--json', 'One JSON object, with every server by name')
    .example('  fuse status\n  fuse status --over 1000 --json')
    .action(async (options: StatusOptions) => {
      const counts = { limit: readCount('--limit', options.limit), over: readCount('--over', options.over) };
      const { tableName } = await findDeployment(options);
      const client = new DynamoDBClient();
      const tools = { table: new AuditTable(client, tableName), reader: new TableReader(client, tableName) };
      const status = await orExplain(tableName, async () => readStatus(tools, counts));
      if (options.json === true) printJson(status);
      else for (const line of showStatus(status)) print(line);
    });
}

/** A half of the picture could pass for the whole: where anything cannot be read, nothing is told but that. */
async function orExplain(tableName: string, read: () => Promise<Status>): Promise<Status> {
  try {
    return await read();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new UsageError(
      `Status not read from table "${tableName}": ${said}`,
      'Check the credentials and the network; the fuse itself may still work: look at its executions',
    );
  }
}

function readCount(option: string, value: number | string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count;
  throw new UsageError(`Option ${option} "${value}" is no such number`, 'Use 1 to 10000');
}
