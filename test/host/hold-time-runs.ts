import { spawnSync } from 'node:child_process';
import { holdTimeScript } from '../../documents/hold-time.ts';
import { releaseTimeScript } from '../../documents/release-time.ts';
import type { Values } from './run-document.ts';
import type { TimeHost } from './time-host.ts';

/** What `hold-time` prints, as far as tests look at it. */
export interface HeldVerdict {
  readonly ok: boolean;
  readonly result: string;
  readonly changed: boolean;
  readonly selected: string;
  readonly watched: readonly { readonly name: string; readonly answer: string; readonly state: string }[];
  readonly sources: readonly {
    readonly name: string;
    readonly before: string;
    readonly now: string;
    readonly status: string;
  }[];
  readonly boundMs: number | null;
  readonly growthPpm: number | null;
  readonly underLimitSeconds: number | null;
  readonly hardwareClock: string;
  readonly error: string;
}

export const [first, second, backup] = ['10.8.0.1', '10.8.0.2', '10.8.0.3'] as const;

/** Socket on which chronyd takes the readings of a clock. */
const clockSocket = '/run/chrony/phc.sock';

/** Why no reference clock can be played; empty when one can. */
export const whyNoClock =
  spawnSync('perl', ['-MSocket', '-MTime::HiRes', '-e', '1']).status === 0 ? '' : 'no perl with Time::HiRes';

/** A chronyd that controls no clock, with both sources and the options of a test. */
export async function startChronyd(host: TimeHost, ...options: readonly string[]): Promise<void> {
  const servers = [first, second].map((address) => `'server ${address} iburst minpoll 0 maxpoll 0'`).join(' ');
  await host.shell(
    `mkdir -m 750 -p /run/chrony
    chronyd -x 'user root' ${servers} 'cmdport 0' ${options.map((option) => `'${option}'`).join(' ')}`,
  );
}

/** As a PTP hardware clock looks to chronyd: a reference clock whose readings come over a socket. */
export const clockOption = `refclock SOCK ${clockSocket} refid PHC0 poll 0 delay 0.000010`;

/** Starts a clock that agrees with this machine's. Its readings are those of `struct sock_sample`. */
export async function startClock(host: TimeHost): Promise<void> {
  await host.shell(
    `cat >/run/clock.pl <<'PERL'
use Socket; use Time::HiRes qw(gettimeofday);
socket(my $to, AF_UNIX, SOCK_DGRAM, 0); connect($to, sockaddr_un('${clockSocket}')) or die $!;
while (1) { send($to, pack('qqdiiii', gettimeofday, 0.0, 0, 0, 0, 0x534f434b), 0); select undef, undef, undef, 0.2 }
PERL
    perl /run/clock.pl >/run/clock.log 2>&1 & echo $! >/run/clock.pid`,
  );
}

/** The daemon's list and how many of its sources are online, without what changes by itself. */
export async function listSources(host: TimeHost): Promise<string> {
  // A source that was asked a moment ago still counts as in a burst, from which it comes back online or offline.
  const countModes = `awk -F, '{ print $1 + $3 " online", $2 + $4 " offline" }'`;
  return host.shell(`chronyc -n -c sources | cut -d, -f1,3 | sort; chronyc -c activity | ${countModes}`);
}

/** Waits until a source is selected. */
export async function waitForSelection(host: TimeHost, name: string): Promise<void> {
  const isSelected = `chronyc -n -c sources | grep -q ',[*],${name},'`;
  await host.shell(`for i in {1..150}; do ! ${isSelected} || exit 0; sleep 0.1; done; chronyc -n sources; exit 1`);
}

/** Runs both documents on a host with values that start valid. */
export function bindHolds(host: TimeHost, incident: string) {
  const held = { incident, sources: `${first} ${second}`, limitMs: '50', deadlineSeconds: '60' };
  const released = { incident, changed: 'yes', deadlineSeconds: '30' };
  return {
    hold: (change: Values) => host.run<HeldVerdict>(holdTimeScript, { ...held, ...change }),
    release: (change: Values = {}) => host.run<HeldVerdict>(releaseTimeScript, { ...released, ...change }),
  };
}

/** What became of each source. */
export const statusesOf = ({ verdict }: { readonly verdict: HeldVerdict }): Readonly<Record<string, string>> =>
  Object.fromEntries(verdict.sources.map(({ name, status }) => [name, status]));
