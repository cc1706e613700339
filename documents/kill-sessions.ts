import { maxListCharacters } from '../lambdas/shared/host-address.ts';
import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import {
  cidrListPattern,
  databaseConnectionPattern,
  databaseEnginePattern,
  databaseNameListPattern,
  goldenPeerListPattern,
  ttlPattern,
} from './parameter-patterns.ts';

/** What the three lists of names share. */
const names = { allowedPattern: databaseNameListPattern, minChars: 0, maxChars: 1024, default: '' };

/** Users whose sessions keep watch, copy or back up; the ones tools create when nobody names them otherwise. */
const sparedByDefault =
  'rdsadmin rdsrepladmin dbsnmp zabbix nagios datadog newrelic telegraf prometheus postgres_exporter exporter pmm ' +
  'monitor monitoring repl replication replicator backup barman pgbackrest mariabackup xtrabackup';

/** Parameters of `kill-sessions`; lists are separated by single blanks, and all conditions given must hold at once. */
export const killSessionsParameters = {
  incident: incidentParameter('Incident id under which the lists and the former state of logins are kept on the host'),
  engine: {
    description: 'Database engine whose sessions are searched',
    allowedPattern: databaseEnginePattern,
    minChars: 5,
    maxChars: 10,
  },
  connection: {
    description: 'local: the database of this host; rds:NAME: the instance of that name in /etc/connection-fuse',
    allowedPattern: databaseConnectionPattern,
    minChars: 5,
    maxChars: 67,
    default: 'local',
  },
  mode: {
    description: 'list: only says who would be ended; kill: ends them',
    allowedPattern: '^(list|kill)$',
    minChars: 4,
    maxChars: 4,
  },
  users: { description: 'Database users; at least one of users, clients, applications is needed', ...names },
  clients: {
    description: 'Addresses or CIDRs of clients; not on Oracle, IPv4 only on SQL Server',
    allowedPattern: cidrListPattern,
    minChars: 0,
    maxChars: maxListCharacters,
    default: '',
  },
  applications: {
    description: 'Names of programs as their sessions give them: application_name, program_name, program',
    ...names,
  },
  minAgeSeconds: {
    description: 'Sessions younger than this are not matched; on MariaDB and MySQL by the least they can be old',
    allowedPattern: ttlPattern,
    minChars: 1,
    maxChars: 6,
    default: '0',
  },
  golden: {
    description: 'Golden channels, in@CIDR@PORT, out@CIDR@PORT or CIDR: peers never matched, whatever the port',
    allowedPattern: goldenPeerListPattern,
    minChars: 0,
    maxChars: maxListCharacters,
    default: '',
  },
  spare: { ...names, description: 'Users never matched, even when users names them', default: sparedByDefault },
  holdLogins: {
    description:
      'yes: logins are held before the kill, with their former state noted; PostgreSQL, MariaDB, MySQL on this host only',
    allowedPattern: '^(yes|no)$',
    minChars: 2,
    maxChars: 3,
    default: 'no',
  },
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/**
 * The script as the agent gets it: without its lines of comment, empty lines and indentation, which no text in it hangs
 * on. Five engines and the longest lists would else be more than the 64 KB that a document and its parameters may have
 * together.
 */
export const killSessionsScript = readScript('linux/kill-sessions.sh').replaceAll(/^ *# .*\n|^\n|^ +/gm, '');

/**
 * SSM document content: ends database sessions and lists again; its stdout is one JSON verdict. Run against PostgreSQL
 * 15 and MariaDB 10.11; for MySQL, Oracle, SQL Server and RDS not run against the real engine.
 *
 * Connection `rds:NAME` uses what only root may read in /etc/connection-fuse, and refuses without it: section `[NAME]` of
 * pg_service.conf, section `[client_NAME]` of mysql.cnf, alias NAME of oracle/tnsnames.ora with its wallet, or the file
 * sqlcmd-NAME with server, user and password, a line each. The statements are those of `rds-statements.ts`.
 *
 * A session whose address is not known (local socket, shared memory, a host known by name only) is matched only where
 * no `clients` are asked for and both its user and its application are named; one known by name only also needs an empty
 * `golden`, for it might be a golden peer. Administrators' sessions need their user named.
 */
export const killSessions = commandDocument({
  description: 'Ends sessions inside a database, golden peers spared: list, hold logins, kill, list again',
  parameters: killSessionsParameters,
  script: killSessionsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'killSessions',
});
