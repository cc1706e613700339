import { userInfo } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CAC } from 'cac';
import { AuditTable, ModeSchema } from '../../lambdas/shared/clients/audit-table.ts';
import type { Mode } from '../../lambdas/shared/clients/audit-table.ts';
import { defaultStackName, findDeployment } from '../account.ts';
import type { AccountOptions } from '../account.ts';
import { print, printJson, UsageError } from '../output.ts';

interface ModeOptions extends AccountOptions {
  readonly reason?: string;
  readonly json?: boolean;
}

/** `fuse mode`: reads or sets the one switch that the guard looks at before every mutating call. */
export function addModeCommand(cli: CAC): void {
  cli
    .command('mode [mode]', 'Show the mode, or set it: shadow records only, armed cuts, off refuses')
    .option('--reason <text>', 'Why it is set; wanted when setting')
    .option('--stack <name>', 'Stack of the fuse', { default: defaultStackName })
    .option('--json', 'One JSON object')
    .example('  fuse mode\n  fuse mode armed --reason "reviewed two weeks of shadow decisions"')
    .action(async (wanted: string | undefined, options: ModeOptions) => {
      const change = wanted === undefined ? undefined : toChange(wanted, options.reason);
      const { tableName } = await findDeployment(options);
      const table = new AuditTable(new DynamoDBClient(), tableName);
      if (change !== undefined) await table.writeMode(change.mode, change);
      const mode = await table.readMode();
      if (options.json === true) printJson({ mode });
      else print(mode);
    });
}

function toChange(
  wanted: string,
  reason: string | undefined,
): { mode: Mode; setBy: string; reason: string; at: string } {
  const mode = ModeSchema.safeParse(wanted);
  if (!mode.success) throw new UsageError(`Mode "${wanted}" is unknown`, 'Use one of shadow, armed, off');
  if (reason === undefined || reason === '') {
    throw new UsageError('The mode is not set without a reason', `fuse mode ${wanted} --reason "..."`);
  }
  return { mode: mode.data, setBy: userInfo().username, reason, at: new Date().toISOString() };
}
