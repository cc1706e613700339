import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CAC } from 'cac';
import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { AuditTable } from '../../lambdas/shared/clients/audit-table.ts';
import type { CutItem } from '../../lambdas/shared/clients/audit-table.ts';
import { defaultStackName, findDeployment } from '../account.ts';
import { print, printJson, toTable, UsageError } from '../output.ts';
import type { AuditOptions, AuditTools } from './audit/audit-options.ts';
import { exportRecord } from './audit/export.ts';
import { listIncidents, toIncidentRow } from './audit/list-incidents.ts';
import { showIncident } from './audit/show-incident.ts';
import { TableReader } from './audit/table-reader.ts';
import { verifyFile, verifyTable } from './audit/verify.ts';

/** `fuse audit`: reads the audit table; it never writes there. */
export function addAuditCommand(cli: CAC): void {
  cli
    .command(
      'audit <verb> [id]',
      'Read the record: list, cuts, show <incident>, verify [incident], server <id>, export',
    )
    .option('--limit <number>', 'list: how many incidents', { default: 20 })
    .option('--seal <seal>', 'verify: a seal from an outcome event or a log, which the incident must still carry')
    .option('--file <file>', 'verify: an export instead of the table; asks nobody')
    .option('--max-clock-offset-ms <number>', 'verify: tell clocks that may be further off', { default: 2000 })
    .option('--since <time>', 'export: what has anything from this time on, ISO 8601')
    .option('--until <time>', 'export: what has anything before this time')
    .option('--incident <id>', 'export: this incident only')
    .option('--out <file>', 'export: to this file, which must not be there yet; default is standard output')
    .option('--stack <name>', 'Stack of the fuse', { default: defaultStackName })
    .option('--json', 'One JSON object a line')
    .example('  fuse audit list\n  fuse audit show inc-0123456789abcdef0123\n  fuse audit verify')
    .example('  fuse audit export --since 2026-05-01 --out may.jsonl\n  fuse audit verify --file may.jsonl')
    .action(async (verb: string, id: string | undefined, options: AuditOptions) => {
      const show = verbs[verb];
      if (show === undefined) {
        throw new UsageError(`There is no audit verb "${verb}"`, `Use ${Object.keys(verbs).join(', ')}`);
      }
      if (verb === 'verify' && options.file !== undefined) return verifyFile(options.file, options);
      const { tableName } = await findDeployment(options);
      const client = new DynamoDBClient();
      const tools = { table: new AuditTable(client, tableName), reader: new TableReader(client, tableName) };
      return show(tools, id, options);
    });
}

type Show = (tools: AuditTools, id: string | undefined, options: AuditOptions) => Promise<void>;

const verbs: Readonly<Record<string, Show>> = {
  list: async ({ table, reader }, _id, options) => {
    const limit = Number(options.limit);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UsageError(`Limit "${options.limit}" is no number`, 'Use 1 or more');
    const incidents = await listIncidents(table, reader, limit);
    if (options.json === true) {
      return incidents.forEach(({ opening, outcomes }) => printJson({ ...opening, outcomes }));
    }
    for (const line of toTable(incidents.map(toIncidentRow))) print(line);
    if (incidents.length === 0) print('no incident yet');
  },
  cuts: async ({ table }, _id, options) => {
    const cuts = await table.listCuts();
    if (options.json === true) return cuts.forEach((cut) => printJson(cut));
    for (const line of toTable(cuts.map(toCutRow))) print(line);
    if (cuts.length === 0) print('nothing is cut');
  },
  show: async ({ table }, id, options) => {
    if (id === undefined) throw new UsageError('No incident is named', 'fuse audit show <incident>');
    const items = await readKnown(table, id);
    if (options.json === true) return items.forEach((item) => printJson(item));
    for (const line of showIncident(items)) print(line);
  },
  verify: async (tools, id, options) => {
    if (id === undefined && options.seal !== undefined)
      throw new UsageError('A seal is named without its incident', 'fuse audit verify <incident> --seal <seal>');
    return verifyTable(tools, id === undefined ? null : await readKnown(tools.table, id), options);
  },
  server: async ({ table }, id, options) => {
    if (id === undefined) throw new UsageError('No server is named', 'fuse audit server <id>');
    for (const incidentId of await table.listIncidentsOf(id)) {
      if (options.json === true) printJson({ server: id, incidentId });
      else print(incidentId);
    }
  },
  export: async (tools, _id, options) => exportRecord(tools, options),
};

async function readKnown(table: AuditTable, id: string): Promise<AuditItem[]> {
  const items = await table.readIncident(id);
  if (items.length === 0) throw new UsageError(`There is no incident "${id}"`, 'fuse audit list names them');
  return items;
}

function toCutRow({ since, entry, targets }: CutItem): string[] {
  return [since, entry.incidentId, entry.action, [...new Set(targets.map(({ server }) => server))].join(' ')];
}
