import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { userInfo } from 'node:os';
import { auditKeys } from '../../../lambdas/shared/clients/audit-keys.ts';
import { progress, UsageError } from '../../output.ts';
import type { AuditOptions, AuditTools } from './audit-options.ts';
import { toExport } from './export-record.ts';
import type { ExportDigest, ExportScope } from './export-record.ts';

/** `fuse audit export`: the record as lines that anybody can verify, to a new file or to standard output. */
export async function exportRecord({ reader }: AuditTools, options: AuditOptions): Promise<void> {
  const scope = readScope(options);
  // Before anything is read: a reading that takes minutes must not end in a refusal.
  const file = options.out === undefined ? null : createFile(options.out);
  try {
    const items =
      scope.incidentId === null
        ? await reader.readAll()
        : await reader.readPartition(auditKeys.incident(scope.incidentId));
    if (scope.incidentId !== null && items.length === 0) {
      throw new UsageError(`There is no incident "${scope.incidentId}"`, 'fuse audit list names them');
    }
    const { username } = userInfo();
    const lines = toExport(items, {
      exportedAt: new Date().toISOString(),
      by: username,
      tableName: reader.tableName,
      scope,
    });
    // Not by `print`: it shows control characters in another form, and the digest is over these bytes.
    for (const line of lines) write(file, `${line}\n`);
    const { sha256, items: count } = JSON.parse(lines.at(-1) ?? '{}') as ExportDigest;
    progress(`${count} items, sha256 ${sha256}`);
  } catch (error) {
    if (options.out !== undefined) rmSync(options.out, { force: true });
    throw error;
  } finally {
    if (file !== null) closeSync(file);
  }
}

function readScope({ since, until, incident }: AuditOptions): ExportScope {
  const scope = { since: readTime('since', since), until: readTime('until', until), incidentId: incident ?? null };
  if (scope.incidentId !== null && (scope.since !== null || scope.until !== null)) {
    throw new UsageError('An incident and a time range are both named', 'An incident is exported whole: name one only');
  }
  return scope;
}

/** A day means midnight in UTC; a time needs its zone, for the reader's own would make another range of it. */
const timePattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

function readTime(name: string, value: number | string | undefined): string | null {
  if (value === undefined) return null;
  const text = String(value);
  if (timePattern.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
  throw new UsageError(`Time "${text}" of --${name} is not ISO 8601`, 'For example 2026-05-06 or 2026-05-06T07:00:00Z');
}

/** Only its owner may read it: it tells how servers are connected. */
function createFile(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'it is there already' : message;
    throw new UsageError(`Export "${path}" not written: ${reason}`, 'Name a file that is not there yet');
  }
}

function write(file: number | null, text: string): void {
  if (file === null) process.stdout.write(text);
  else writeSync(file, text);
}
