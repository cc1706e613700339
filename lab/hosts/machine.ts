import type { DatabaseEngine } from '../../lambdas/shared/actions/kill-sessions/session-selection.ts';

/** A service or scheduled task before anything happens. Names as the policy has them, without `.service` or `task:`. */
export interface UnitSpec {
  readonly name: string;
  readonly active: boolean;
}

/** A clock that only the lab's own tools read and set: nothing touches the machine's. */
export interface ClockSpec {
  /** Positive: the server's clock is behind. */
  readonly offsetMs: number;
  /** False for a clock that goes wrong again right after a step. */
  readonly holds: boolean;
}

/** A source that a server's clock is kept right by: an address, or the id of a reference clock. */
export interface TimeSourceSpec {
  readonly name: string;
  /** `wrong` ones agree with each other: a majority of them is believed. */
  readonly answers: 'right' | 'wrong' | 'silent';
}

/** What a server is besides its connections; whatever is left out is not there. */
export interface MachineSpec {
  readonly platform: 'Linux' | 'Windows';
  readonly services?: readonly UnitSpec[];
  /** `timer:NAME` on Linux, plain names on Windows. */
  readonly tasks?: readonly UnitSpec[];
  readonly clock?: ClockSpec;
  readonly timeSources?: readonly TimeSourceSpec[];
  /** A database at its usual port, whose sessions are the connections of peers with a `session`. */
  readonly database?: { readonly engine: DatabaseEngine };
  /** Addresses whose logins at night the sensor noted just now. */
  readonly nightLogins?: readonly string[];
  /** What its clock points to, as a name of the zone database. Default: the zone of this machine. */
  readonly timeZone?: string;
  /** CPU load in percent while every connection stands; it falls with them. Simulated hosts only. Default: 0. */
  readonly cpuPercent?: number;
}

/** What was read from a server: `active` or `inactive` by name, and the clock where there is one. */
export interface MachineState {
  readonly services: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, string>>;
  readonly clockOffsetMs: number | null;
  /** `online` or `offline` by name, and the one that the clock follows, where there are any. */
  readonly timeSources?: Readonly<Record<string, string>>;
  readonly timeFrom?: string;
}

/** What of a server is imitated, in words for output; empty for a server that is real in all that it does. */
export type StandIns = readonly string[];

/** The machine of a server that says nothing about it. */
export const plainMachine: MachineSpec = { platform: 'Linux' };

/** Where each database listens unless somebody moves it. */
export const databasePorts: Readonly<Record<DatabaseEngine, number>> = {
  postgresql: 5432,
  mariadb: 3306,
  mysql: 3306,
  oracle: 1521,
  sqlserver: 1433,
};

/** What remains imitated on a server of namespaces and kernel sockets. */
export function listStandIns({ services = [], tasks = [], clock, timeSources }: MachineSpec = plainMachine): StandIns {
  return [
    ...(services.length + tasks.length > 0 ? ['systemd stood in for'] : []),
    ...(clock === undefined ? [] : ['clock simulated']),
    ...(timeSources === undefined ? [] : ['time sources simulated']),
  ];
}
