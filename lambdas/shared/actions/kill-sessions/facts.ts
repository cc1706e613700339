import type { Action } from '../action.ts';
import { irreversiblePermissions } from '../host-work/permissions.ts';

/** What docs and CDK read of the action; no client is needed for it. */
export const killSessionsFacts = {
  id: 'kill-sessions',
  summary: 'Ends database sessions inside the database, by user, client, application and age; golden ones never match',
  saves: 'The identity of each session: user, application, address, start; the list stays on the host, its digest here',
  undoes: 'Nothing: a session that was ended is gone, and its open transaction was rolled back',
  notRun:
    'against the real engine of Oracle, SQL Server, MySQL and RDS; against PostgreSQL 15 and MariaDB 10.11 it was. It runs on Linux hosts only',
  sharesTargets: false,
  permissions: irreversiblePermissions,
} as const satisfies Partial<Action>;
