import { existsSync, readFileSync } from 'node:fs';
import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import { paint, print, printJson, UsageError } from '../../output.ts';
import type { AuditOptions, AuditTools } from './audit-options.ts';
import type { ExportDigest } from './export-record.ts';
import { readExport } from './read-export.ts';
import { tellVerdicts } from './tell-verdicts.ts';
import { verifyPartition, verifyRecord } from './verify-record.ts';
import type { Verdict } from './verify-record.ts';

/** `fuse audit verify`: one incident by name, or everything there is in the table. */
export async function verifyTable(
  { reader }: AuditTools,
  items: readonly AuditItem[] | null,
  options: AuditOptions,
): Promise<void> {
  const limits = { now: new Date().toISOString(), maxClockOffsetMs: readLimit(options) };
  const verdicts =
    items === null
      ? verifyRecord(await reader.readAll(), limits)
      : [withWantedSeal(verifyPartition(items, limits), items, options)];
  const isGood = tellVerdicts(verdicts, { json: options.json === true, mayBeOpen: items === null });
  if (!isGood) process.exitCode = 1;
}

/** `fuse audit verify --file`: an export, on any machine; nobody is asked. */
export function verifyFile(path: string, options: AuditOptions): void {
  if (!existsSync(path)) throw new UsageError(`There is no export "${path}"`, 'fuse audit export --out <file>');
  const { items, digest, faults } = readExport(readFileSync(path, 'utf8'));
  const json = options.json === true;
  if (json)
    printJson({ file: path, ok: faults.length === 0, faults, digest: digest && { ...digest, seals: undefined } });
  else for (const line of faults.map((fault) => `${paint.bad('broken')} ${fault}`)) print(line);
  const now = digest?.exportedAt ?? new Date().toISOString();
  const verdicts = verifyRecord(items, { now, maxClockOffsetMs: readLimit(options) });
  const isGood = tellVerdicts(verdicts, { json, mayBeOpen: true });
  if (!json) {
    print(
      `checked: ${items.length} items against the digest, every seal, the chain of each incident, pointers, clocks`,
    );
    if (digest !== null) print(describeExport(digest));
    print(
      'not checked: what was never written, or taken away with every later seal; hold the seals against the events',
    );
  }
  if (!isGood || faults.length > 0) process.exitCode = 1;
}

function describeExport({ exportedAt, by, tableName, scope }: ExportDigest): string {
  const { since, until, incidentId } = scope;
  const parts = [
    since !== null && `from ${since}`,
    until !== null && `until ${until}`,
    incidentId !== null && `incident ${incidentId} alone`,
  ].filter((part) => part !== false);
  return `exported ${exportedAt} by ${by} from ${tableName}: ${parts.length === 0 ? 'the whole table' : parts.join(' ')}`;
}

/** A copy of the seal from outside the table, out of an outcome event or a log, has to be among the seals there. */
function withWantedSeal(verdict: Verdict, items: readonly AuditItem[], { seal }: AuditOptions): Verdict {
  if (seal === undefined || items.some((item) => item['seal'] === String(seal))) return verdict;
  const fault = `No closing carries seal "${seal}": it was made anew, or taken away`;
  return { ...verdict, status: 'broken', faults: [...verdict.faults, fault] };
}

function readLimit({ maxClockOffsetMs }: AuditOptions): number {
  const limit = Number(maxClockOffsetMs);
  if (Number.isFinite(limit) && limit >= 0) return limit;
  throw new UsageError(`Clock offset "${maxClockOffsetMs}" is no number of milliseconds`, 'Use 0 or more');
}
