import type { AuditTable } from '../../../lambdas/shared/clients/audit-table.ts';
import type { AccountOptions } from '../../account.ts';
import type { TableReader } from './table-reader.ts';

/** Options of `fuse audit`; texts that look like numbers arrive as numbers. */
export interface AuditOptions extends AccountOptions {
  readonly limit: number | string;
  readonly maxClockOffsetMs: number | string;
  readonly since?: number | string;
  readonly until?: number | string;
  readonly incident?: string;
  readonly out?: string;
  readonly file?: string;
  readonly seal?: number | string;
  readonly json?: boolean;
}

/** What the verbs read from. */
export interface AuditTools {
  readonly table: AuditTable;
  readonly reader: TableReader;
}
