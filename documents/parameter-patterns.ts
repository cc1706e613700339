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
