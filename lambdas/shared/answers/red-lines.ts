import type { Cut } from '../contracts/incident.ts';
import type { Measure, Signal, SignalKind } from '../contracts/signal.ts';
import type { Policy } from '../policy/policy-schema.ts';
import type { DatabaseEngine } from '../policy/profile-schema.ts';
import type { Profile } from '../policy/server-facts.ts';
import { findMeaning } from './apply-meanings.ts';

/** A red line: whose it is, the shape of its cut, and, where it is measured, the policy's limit with its unit. */
export interface RedLine {
  readonly profile: Profile;
  readonly words: string;
  readonly limit?: { readonly threshold: 'clockOffsetMs' | 'timeDifferenceSeconds'; readonly unit: string };
  cut(signal: Signal, profiles: Policy['profiles']): Cut;
}

/** Where each database listens by default: dirty data spreads through its sessions. */
const enginePorts: Readonly<Record<DatabaseEngine, number>> = {
  postgresql: 5432,
  mariadb: 3306,
  mysql: 3306,
  oracle: 1521,
  sqlserver: 1433,
};

/** The scenes of the specification, section 2. Each belongs to one profile, and to no other. */
export const redLines = {
  'clock-offset': {
    profile: 'trading',
    words: 'Clock offset',
    limit: { threshold: 'clockOffsetMs', unit: 'ms' },
    cut: cutTradingPort,
  },
  'abnormal-orders': {
    profile: 'trading',
    words: 'Abnormal orders',
    cut: cutTradingPort,
  },
  'time-difference': {
    profile: 'medical',
    words: 'Time difference between devices',
    limit: { threshold: 'timeDifferenceSeconds', unit: 's' },
    cut: cutDevicePort,
  },
  'unauthorised-access': { profile: 'medical', words: 'Unauthorised access', cut: cutDevicePort },
  'time-zone-conflict': { profile: 'logistics', words: 'Conflicting time zones', cut: cutDatabaseSessions },
  'order-state-backwards': { profile: 'logistics', words: 'An order going backwards', cut: cutDatabaseSessions },
  'zombie-connections': { profile: 'surveillance', words: 'Zombie connections', cut: cutCameras },
  'night-login': {
    profile: 'surveillance',
    words: 'A login from abroad at night',
    cut: cutNightLogin,
  },
} as const satisfies Partial<Record<SignalKind, RedLine>>;

export function isRedLine(kind: SignalKind): kind is keyof typeof redLines {
  return Object.hasOwn(redLines, kind);
}

/** Whether the red line is crossed, in one sentence; `unknown` where the signal does not prove it either way. */
export function judgeCrossing(redLine: RedLine, signal: Signal, policy: Policy) {
  const { limit, words } = redLine;
  if (limit === undefined) return { crossed: 'yes', sentence: `${words} reported by "${signal.name}"` } as const;
  const bound = policy.thresholds[limit.threshold];
  if (signal.measure?.unit === limit.unit) return compare(words, signal.measure, bound);
  if (signal.source === 'manual') {
    return { crossed: 'yes', sentence: `${words} reported by "${signal.requestedBy}": ${signal.reason}` } as const;
  }
  const meaning = findMeaning(signal, policy);
  if (meaning !== undefined) {
    const sentence = `${words}: the policy gives alarms "${meaning.namePrefix}…" this meaning`;
    return { crossed: 'yes', sentence } as const;
  }
  return {
    crossed: 'unknown',
    sentence: `${words} is reported without a value to hold against ${bound} ${limit.unit}`,
  } as const;
}

/** An offset is as bad backwards as forwards. */
function compare(words: string, { value, unit }: Measure, bound: number) {
  const measured = `${words} of ${value} ${unit}`;
  return Math.abs(value) > bound
    ? ({ crossed: 'yes', sentence: `${measured} is over the limit of ${bound} ${unit}` } as const)
    : ({ crossed: 'no', sentence: `${measured} is within the limit of ${bound} ${unit}` } as const);
}

/** The port of the trading engine, by which wrong prices would leave. */
function cutTradingPort(_signal: Signal, { trading }: Policy['profiles']): Cut {
  return { scope: 'ports', ports: [...trading.ports] };
}

/**
 * The specification blocks the device port, but names it by its firewall rule only (`ERM-Device`). Where neither the
 * signal nor the policy says which port that is, anything less than the whole server could leave the devices connected.
 */
function cutDevicePort({ localPorts }: Signal, { medical }: Policy['profiles']): Cut {
  const ports = localPorts.length > 0 ? localPorts : medical.ports;
  return ports.length > 0 ? { scope: 'ports', ports: [...ports] } : { scope: 'server' };
}

/** The clients that write the dirty data, where the signal names them; otherwise every session of the databases. */
function cutDatabaseSessions({ remoteAddresses, localPorts }: Signal, { logistics }: Policy['profiles']): Cut {
  if (remoteAddresses.length > 0) return { scope: 'peers', peers: remoteAddresses };
  const ports = localPorts.length > 0 ? localPorts : [enginePorts[logistics.engine]];
  return { scope: 'ports', ports };
}

/** The camera, where the signal names it; otherwise all that hangs on the camera ports. */
function cutCameras({ remoteAddresses }: Signal, { surveillance }: Policy['profiles']): Cut {
  return remoteAddresses.length > 0
    ? { scope: 'peers', peers: remoteAddresses }
    : { scope: 'ports', ports: [...surveillance.ports] };
}

/**
 * The foreign address, which a count does not tell: the sensor wrote it down on the server. Every camera hangs on the same
 * ports, and cutting those would blind the city for one login.
 */
function cutNightLogin({ remoteAddresses }: Signal): Cut {
  return remoteAddresses.length > 0
    ? { scope: 'peers', peers: remoteAddresses }
    : { scope: 'peers', peers: [], from: 'night-logins' };
}
