import { hostCidrPattern } from '../lambdas/shared/host-address.ts';

// Patterns for `allowedPattern`. Systems Manager checks them with Java's engine and the agent with RE2, so they keep to
// what both know: no look-around, no back-references, no repeat above 1,000. linux/parts/prelude.sh checks the same
// grammar again on the host; the one of addresses is shared with the policy and the signals.

const port = '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})';

/** Matches a list of one token, separated by single blanks; an empty value is an empty list. */
const listOf = (token: string): string => `^(${token}( ${token})*)?$`;

/** Id of an incident, as the name of table and directory on the host can carry it. */
export const incidentPattern = '^[a-z0-9-]{1,48}$';
/** Addresses or CIDRs of either family. */
export const cidrListPattern = listOf(hostCidrPattern);
/** TCP ports, 1 to 65535, no leading zeros. */
export const portListPattern = listOf(port);
/** Golden channels: `in@CIDR@PORT` when the peer dials our port, `out@CIDR@PORT` when we dial its port. */
export const goldenListPattern = listOf(`(in|out)@${hostCidrPattern}@(any|${port})`);
/** Seconds from 1 to 120: a script's own deadline. */
export const deadlinePattern = '^(120|1[01][0-9]|[1-9][0-9]?)$';
/** Seconds from 0 to 604800, one week. */
export const ttlPattern = '^(604800|60[0-3][0-9]{3}|604[0-7][0-9]{2}|[1-5][0-9]{5}|[1-9][0-9]{0,4}|0)$';
/** A sha256 in hex, or nothing. */
export const digestPattern = '^([0-9a-f]{64})?$';

const unitName = '[A-Za-z0-9][A-Za-z0-9@_.:-]{0,99}';
const service = `${unitName}(\\.service)?`;
const task = `(timer:${unitName}(\\.timer)?|cron:[A-Za-z0-9_][A-Za-z0-9_.-]{0,99})`;

/** One to five systemd services, with or without `.service`. */
export const serviceListPattern = `^${service}( ${service}){0,4}$`;
/** As `serviceListPattern`, or nothing. */
export const optionalServiceListPattern = `^(${service}( ${service}){0,4})?$`;
/** One to five scheduled tasks: `timer:NAME` is a systemd timer, `cron:NAME` a file of /etc/cron.d. */
export const taskListPattern = `^${task}( ${task}){0,4}$`;
/** As `taskListPattern`, or nothing. */
export const optionalTaskListPattern = `^(${task}( ${task}){0,4})?$`;
/** Longest list of services or tasks: five names with what stands around them. */
export const maxUnitListCharacters = 564;

const byte = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
/** As in a list of CIDRs, without a prefix. */
const address = `((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]?)(\\.${byte}){3}|[1-9a-fA-F][0-9a-fA-F]{2,3}:[0-9a-fA-F:]{1,34})`;

/** One address of either family: a time source. */
export const addressPattern = `^${address}$`;
/** One address of either family, or nothing. */
export const optionalAddressPattern = `^${address}?$`;
const clockId = '[0-9A-Za-z]{1,4}';

/** One to eight time sources: addresses, or the ids that reference clocks have in the daemon's list. */
export const timeSourceListPattern = `^(${address}|${clockId})( (${address}|${clockId})){0,7}$`;
/** What takes over from them. */
export const timeBackupPattern = `^(server:${address}|clock:${clockId}|holdover)$`;
/** Milliseconds above 0 with up to three decimals, below 100,000. */
export const limitMsPattern = '^([1-9][0-9]{0,4}(\\.[0-9]{1,3})?|0\\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$';
/** Seconds from 0 to 60. */
export const stableSecondsPattern = '^(60|[1-5][0-9]|[0-9])$';
/** Two times of a day with a hyphen between them, `22:00-05:00`; the span may cross midnight. */
export const nightHoursPattern = '^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$';
/** Where metrics go instead of the region's public endpoint: one of AWS, or this host itself; or nothing. */
export const metricsEndpointPattern =
  '^(https://([a-z0-9-]{1,63}\\.){1,8}(amazonaws\\.com|amazonaws\\.com\\.cn|api\\.aws)|http://127\\.0\\.0\\.1:[1-9][0-9]{0,4})?$';
/** Yes, no, or nothing where the note on the host decides. */
export const optionalYesNoPattern = '^(yes|no)?$';
/** A process and the moment it started, in clock ticks since boot, with a hyphen between them; or nothing. */
export const processIdentityPattern = '^([1-9][0-9]{0,9}-[0-9]{1,20})?$';
/** Everything in scope, or only what is dead already. */
export const choicePattern = '^(all|zombies)$';
/** Where the peers of a cut are read on the host; or nothing, where they are given. */
export const peersFromPattern = '^(night-logins)?$';
/** Seconds from 1 to 3600: how long a peer has been silent. */
export const silencePattern = '^(3600|3[0-5][0-9]{2}|[12][0-9]{3}|[1-9][0-9]{0,2})$';

const databaseName = '[A-Za-z0-9._-]{1,64}';

/** Database engines whose sessions are known. */
export const databaseEnginePattern = '^(postgresql|mariadb|mysql|oracle|sqlserver)$';
/** The database of the host itself, or an RDS instance by the name its operator gave it on the host. */
export const databaseConnectionPattern = '^(local|rds:[A-Za-z0-9_-]{1,63})$';
/** As `databaseEnginePattern`, any number of them. */
export const databaseEngineListPattern = listOf('(postgresql|mariadb|mysql|oracle|sqlserver)');
/** Names of users or programs of a database. */
export const databaseNameListPattern = listOf(databaseName);
/** Golden channels, or their peers alone. */
export const goldenPeerListPattern = listOf(`((in|out)@${hostCidrPattern}@(any|${port})|${hostCidrPattern})`);
/** `LOGIN@FORMER`: a role and its connection limit, or an account (`user@host`) and whether it was locked. */
export const heldLoginListPattern = listOf(
  `${databaseName}(@(-1|0|[1-9][0-9]{0,9})|@[A-Za-z0-9.:%_/-]{1,100}@(locked|unlocked))`,
);
/**
 * Priority classes, lowest first: `NAME@port:N` by local port, `NAME@peer:CIDR` by the peer's address,
 * `NAME@process:COMMAND` by the name of the process, `NAME@cgroup:PATH` by the control group and those below it.
 */
export const classListPattern = `^${classEntry()}( ${classEntry()})*$`;
/** What a host's load is measured by. */
export const loadKindPattern = '^(cpu|connections|bytes)$';
/** Whole number from 0, up to twelve digits: a mark of the load. */
export const markPattern = '^(0|[1-9][0-9]{0,11})$';
/** 1 to 5: rounds of a shedding. */
export const roundsPattern = '^[1-5]$';
/** 1 to 100. */
export const percentPattern = '^(100|[1-9][0-9]?)$';
/** Seconds from 1 to 86400, one day: a shedding always ends by itself, and no login is older. */
export const shedTtlPattern = '^(86400|86[0-3][0-9]{2}|8[0-5][0-9]{3}|[1-7][0-9]{4}|[1-9][0-9]{0,3})$';

function classEntry(): string {
  const kinds = [
    `port:${port}`,
    `peer:${hostCidrPattern}`,
    'process:[a-zA-Z0-9._-]{1,15}',
    // RE2 multiplies nested repeats: 800.
    'cgroup:(/[a-zA-Z0-9._@:-]{1,100}){1,8}',
  ];
  return `[a-z0-9][a-z0-9-]{0,47}@(${kinds.join('|')})`;
}

// A Windows service may be one of several instances of a database, `MSSQL$SALES`; no other name may hold a `$`.
const anyService = `(${service}|(MSSQL|SQLAgent|MSOLAP|ReportServer)\\$[A-Za-z0-9_]{1,16})`;
const anyTask = `(${task}|windows:[A-Za-z0-9][A-Za-z0-9_.-]{0,99})`;

/** As `serviceListPattern`, with the services of Windows. */
export const anyServiceListPattern = `^${anyService}( ${anyService}){0,4}$`;
/** As `anyServiceListPattern`, or nothing. */
export const optionalAnyServiceListPattern = `^(${anyService}( ${anyService}){0,4})?$`;
/** As `taskListPattern`, with `windows:NAME` for a task of the Windows scheduler. */
export const anyTaskListPattern = `^${anyTask}( ${anyTask}){0,4}$`;
/** As `anyTaskListPattern`, or nothing. */
export const optionalAnyTaskListPattern = `^(${anyTask}( ${anyTask}){0,4})?$`;

const blockedPorts = `(0|${port})(-${port})?`;
const blockedIpv4 = `(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]?)(\\.${byte}){3}`;
const blockedIpv6 = '[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}';
const blockedRange = `(${blockedIpv4}(-${blockedIpv4})?|${blockedIpv6}(-${blockedIpv6})?)`;

/** `in@PROTOCOL@PORTS@RANGES` or `out@...`: what a Windows firewall is to block, computed by `listBlockRanges`. */
export const blockRangesPattern = listOf(
  `(in|out)@(any|tcp)@${blockedPorts}(,${blockedPorts})*@${blockedRange}(,${blockedRange})*`,
);
/** Name of a firewall rule of Windows, the inner or the shown one; or nothing. */
export const ruleNamePattern = '^([A-Za-z0-9][A-Za-z0-9 _.-]{0,99})?$';
/** Yes or no. */
export const yesNoPattern = '^(yes|no)$';
