import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CAC } from 'cac';
import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { AuditTable } from '../../lambdas/shared/clients/audit-table.ts';
import type { CutItem } from '../../lambdas/shared/clients/audit-table.ts';
import { findBrokenSeal } from '../../lambdas/shared/seal.ts';
import { defaultStackName, findDeployment } from '../account.ts';
import type { AccountOptions } from '../account.ts';
import { paint, print, printJson, toTable, UsageError } from '../output.ts';

interface AuditOptions extends AccountOptions {
  readonly limit: number | string;
  readonly json?: boolean;
}

/** `fuse audit`: reads the audit table; it never writes. */
export function addAuditCommand(cli: CAC): void {
  cli
    .command('audit <verb> [id]', 'Read the record: list, cuts, show <incident>, verify <incident>, server <id>')
    .option('--limit <number>', 'How many incidents to list', { default: 20 })
    .option('--stack <name>', 'Stack of the fuse', { default: defaultStackName })
    .option('--json', 'One JSON object a line')
    .example('  fuse audit list\n  fuse audit cuts\n  fuse audit show inc-0123456789abcdef0123 --json')
    .action(async (verb: string, id: string | undefined, options: AuditOptions) => {
      const show = verbs[verb];
      if (show === undefined)
        throw new UsageError(`There is no audit verb "${verb}"`, 'Use list, cuts, show, verify or server');
      const { tableName } = await findDeployment(options);
      await show(new AuditTable(new DynamoDBClient(), tableName), id, options);
    });
}

type Show = (table: AuditTable, id: string | undefined, options: AuditOptions) => Promise<void>;

const verbs: Readonly<Record<string, Show>> = {
  list: async (table, _id, options) => {
    const limit = Number(options.limit);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UsageError(`Limit "${options.limit}" is no number`, 'Use 1 or more');
    const openings = await table.listNewestIncidents(limit);
    if (options.json === true) return openings.forEach(printJson);
    for (const line of toTable(openings.map(toRow))) print(line);
    if (openings.length === 0) print('no incident yet');
  },
  cuts: async (table, _id, options) => {
    const cuts = await table.listCuts();
    if (options.json === true) return cuts.forEach(printJson);
    for (const line of toTable(cuts.map(toCutRow))) print(line);
    if (cuts.length === 0) print('nothing is cut');
  },
  show: async (table, id, options) => {
    if (id === undefined) throw new UsageError('No incident is named', 'fuse audit show <incident>');
    for (const item of await readKnown(table, id)) showItem(item, options);
  },
  verify: async (table, id, options) => {
    if (id === undefined) throw new UsageError('No incident is named', 'fuse audit verify <incident>');
    const items = await readKnown(table, id);
    const seals = items.filter(({ seal }) => typeof seal === 'string').length;
    // Nothing sealed is nothing proven.
    const fault = seals === 0 ? 'The incident is not sealed yet' : findBrokenSeal(items);
    if (options.json === true) printJson({ incidentId: id, ok: fault === null, seals, fault });
    else
      print(fault === null ? `${paint.good('unchanged')} under ${seals} seals` : `${paint.bad('not proven')} ${fault}`);
    if (fault !== null) process.exitCode = 1;
  },
  server: async (table, id, options) => {
    if (id === undefined) throw new UsageError('No server is named', 'fuse audit server <id>');
    for (const incidentId of await table.listIncidentsOf(id)) {
      if (options.json === true) printJson({ server: id, incidentId });
      else print(incidentId);
    }
  },
};

async function readKnown(table: AuditTable, id: string): Promise<AuditItem[]> {
  const items = await table.readIncident(id);
  if (items.length === 0) throw new UsageError(`There is no incident "${id}"`, 'fuse audit list names them');
  return items;
}

function toRow(opening: AuditItem): string[] {
  const signal = opening['signal'] as { name?: string; servers?: readonly string[] } | undefined;
  return [
    String(opening['openedAt']),
    opening.pk.replace('incident#', ''),
    signal?.name ?? '',
    (signal?.servers ?? []).join(' '),
  ];
}

function toCutRow({ since, entry, targets }: CutItem): string[] {
  return [since, entry.incidentId, entry.action, [...new Set(targets.map(({ server }) => server))].join(' ')];
}

function showItem(item: AuditItem, options: AuditOptions): void {
  if (options.json === true) return printJson(item);
  print(paint.strong(item.sk));
  const { pk: _pk, sk: _sk, ...content } = item;
  print(JSON.stringify(content, null, 2).replaceAll(/^/gm, '  '));
}
