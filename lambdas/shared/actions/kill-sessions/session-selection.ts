import { FuseError } from '../../errors.ts';
import { toHostAddress } from '../../host-address.ts';
import { isInside, readRange } from '../revoke-security-groups/address-range.ts';

/** Engines whose sessions are known, in the words of the host document. */
export const databaseEngines = ['postgresql', 'mariadb', 'mysql', 'oracle', 'sqlserver'] as const;
export type DatabaseEngine = (typeof databaseEngines)[number];

/** One session, as its engine tells of it. */
export interface DatabaseSession {
  /** Number and what tells it from a later session with the same number. */
  readonly identity: string;
  readonly user: string | null;
  readonly application: string | null;
  /** Null where the engine names none, or a host name that nobody may believe. */
  readonly address: string | null;
  /** Came over the socket of the host itself: certainly no peer from elsewhere. */
  readonly isLocal: boolean;
  readonly kind: 'client' | 'replication' | 'engine';
  readonly isOwn: boolean;
  /** Also true where the engine cannot say. */
  readonly isAdministrator: boolean;
  readonly ageSeconds: number;
}

/** What is searched for; empty lists are no condition. */
export interface SessionSelection {
  readonly users: readonly string[];
  /** Addresses or CIDRs. */
  readonly clients: readonly string[];
  readonly applications: readonly string[];
  readonly minAgeSeconds: number;
  /** `in@CIDR@PORT`, `out@CIDR@PORT` or CIDR: peers that are never matched, whatever the port. */
  readonly golden: readonly string[];
  /** Users that are never matched. */
  readonly spare: readonly string[];
}

export type SpareReason =
  | 'own'
  | 'replication'
  | 'engine'
  | 'monitoring'
  | 'backup'
  | 'administrator'
  | 'golden'
  | 'no-address';

/** `not-selected` sessions miss a condition; `spared` ones meet all of them and are protected. */
export type SessionChoice =
  | { readonly kind: 'matched' }
  | { readonly kind: 'spared'; readonly reason: SpareReason }
  | { readonly kind: 'not-selected'; readonly condition: 'user' | 'client' | 'application' | 'age' };

/** Nothing says whom to end: that would be everybody. */
export class SelectionEmptyError extends FuseError {
  override readonly name = 'SelectionEmptyError';
}

/** Programs that copy a database; ending them leaves a backup nobody can use. */
const backupPrograms: Readonly<Record<DatabaseEngine, RegExp>> = {
  postgresql: /^(pg_dump|pg_basebackup|pg_receivewal|pg_recvlogical|pg_rewind|pgbackrest|barman|wal-[ge])/i,
  mariadb: /^(mysqldump|mariadb-dump|mariabackup|mariadb-backup|xtrabackup|mydumper|mysqlpump|mysqlbackup)/i,
  mysql: /^(mysqldump|mariadb-dump|mariabackup|mariadb-backup|xtrabackup|mydumper|mysqlpump|mysqlbackup)/i,
  oracle: /^rman/i,
  // SQL Server backs up inside a session; the statement on the host looks at its command.
  sqlserver: /^$/,
};

/** Says whether a session is to be ended, and why not. The statements of the host document choose the same. */
export function chooseSession(
  engine: DatabaseEngine,
  session: DatabaseSession,
  selection: SessionSelection,
): SessionChoice {
  refuseEmpty(selection);
  const condition = findMissedCondition(engine, session, selection);
  if (condition !== null) return { kind: 'not-selected', condition };
  const reason = findProtection(engine, session, selection);
  return reason === null ? { kind: 'matched' } : { kind: 'spared', reason };
}

function refuseEmpty({ users, clients, applications }: SessionSelection): void {
  if (users.length + clients.length + applications.length > 0) return;
  throw new SelectionEmptyError(
    'Cannot choose sessions by an empty selection: wanted at least one of users, clients, applications',
  );
}

function findMissedCondition(engine: DatabaseEngine, session: DatabaseSession, selection: SessionSelection) {
  const { users, clients, applications, minAgeSeconds } = selection;
  if (users.length > 0 && !isNamed(engine, session.user, users)) return 'user';
  if (clients.length > 0 && !isWithin(session.address, clients)) return 'client';
  if (applications.length > 0 && !isNamed(engine, session.application, applications)) return 'application';
  return session.ageSeconds >= minAgeSeconds ? null : 'age';
}

/** The first protection that holds, the least questionable ones before those that follow from the selection. */
function findProtection(
  engine: DatabaseEngine,
  session: DatabaseSession,
  selection: SessionSelection,
): SpareReason | null {
  const { users, golden, spare } = selection;
  if (session.isOwn) return 'own';
  if (session.kind !== 'client') return session.kind;
  if (isNamed(engine, session.user, spare)) return 'monitoring';
  if (backupPrograms[engine].test(session.application ?? '-')) return 'backup';
  if (session.isAdministrator && !isNamed(engine, session.user, users)) return 'administrator';
  if (isWithin(session.address, golden.map(readPeer))) return 'golden';
  return isAddressNeeded(session, selection) ? 'no-address' : null;
}

/**
 * Where no address is known both names must be given. One that is not even known to be local might be a golden peer, so
 * there must be none.
 */
function isAddressNeeded({ address, isLocal }: DatabaseSession, selection: SessionSelection): boolean {
  if (address !== null) return false;
  const isNamedTwice = selection.users.length > 0 && selection.applications.length > 0;
  return !isNamedTwice || (!isLocal && selection.golden.length > 0);
}

/** Oracle and SQL Server fold the case of names; the others do not. */
function isNamed(engine: DatabaseEngine, name: string | null, names: readonly string[]): boolean {
  if (name === null) return false;
  const folds = engine === 'oracle' || engine === 'sqlserver';
  return folds ? names.some((other) => other.toLowerCase() === name.toLowerCase()) : names.includes(name);
}

function isWithin(address: string | null, cidrs: readonly string[]): boolean {
  const own = address === null ? null : readRange(toHostAddress(address));
  if (own === null) return false;
  return cidrs.some((cidr) => {
    const range = readRange(cidr);
    return range !== null && isInside(own, range);
  });
}

/** The port says nothing here: through a pool or a port mapping it is not the one the database sees. */
function readPeer(channel: string): string {
  return /^(?:in|out)@([^@]+)@/.exec(channel)?.[1] ?? channel;
}
