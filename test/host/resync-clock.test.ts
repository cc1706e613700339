import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resyncClockScript } from '../../documents/resync-clock.ts';
import type { Values } from './run-document.ts';
import { behaviourOf, startTimeHost, whyNoTime } from './time-host.ts';
import type { TimeHost, TimeRun } from './time-host.ts';

/** What resync-clock prints. */
interface Verdict {
  readonly ok: boolean;
  readonly offsetBeforeMs: number | null;
  readonly boundBeforeMs: number | null;
  readonly offsetAfterMs: number | null;
  readonly boundAfterMs: number | null;
  readonly withinLimit: boolean;
  readonly stepped: boolean;
  readonly repeated: boolean;
  readonly readings: number;
  readonly stable: boolean;
  readonly daemon: boolean;
  readonly hardwareClock: string;
  readonly timeZone: string;
  readonly error: string;
}

const source = '169.254.169.123';
const unsynchronised = '10.9.9.9';
const leaping = '10.9.9.10';

// The clock is simulated by its source: stepping the host and shifting the source the other way look the same from
// here. So measuring is real, chronyd and packets and all, and only what would set a clock is a stand-in.
const chronyc = `#!/bin/bash
echo "chronyc \${*: -1}" >>/run/calls
daemon=$(</run/daemon)
[[ $daemon != absent ]] || { echo '506 Cannot talk to daemon'; exit 1; }
case "$*" in
  *tracking)
    # What a burst found is known two looks later.
    looks=$(</run/looks) && echo $((looks - 1)) >/run/looks
    [[ $looks != 1 ]] || echo $(($(</run/updates) + 1)) >/run/updates
    echo "7F,${source},2,$(</run/updates).5,0,0,0,0,0,0,0,0,0,Normal" ;;
  'burst 4/4') echo 2 >/run/looks; echo '200 OK' ;;
  *activity) echo 1,0,0,0,0 ;;
  makestep)
    # A daemon that has not measured yet steps by what it believed before: not at all.
    [[ $daemon == stubborn || $(</run/looks) == [1-9] ]] || echo 0 >${behaviourOf(source)}
    echo '200 OK' ;;
  waitsync*) [[ $daemon != adrift ]] ;;
esac`;
const chronyd = `#!/bin/bash
[[ $1 == -q ]] || exec /run/real/chronyd "$@"
echo 'chronyd -q' >>/run/calls
echo 0 >${behaviourOf(source)}`;
const hwclock = `#!/bin/bash
echo "hwclock $1" >>/run/calls
case "$(</run/rtc) $1" in
  'absent '*) echo 'hwclock: Cannot access the Hardware Clock via any known method.' >&2; exit 1 ;;
  'wrong --show') echo '2001-01-01 00:00:00.000000+00:00' ;;
  *' --show') date '+%F %T.%6N%:z' ;;
esac`;

/** Waits a second for a silent source, not five. */
const quickScript = resyncClockScript.replace('chronyd -Q -t 5 ', 'chronyd -Q -t 1 ');

describe.skipIf(whyNoTime !== '')('resync-clock on a host with a simulated clock', () => {
  let host: TimeHost;
  let count = 0;
  let incident = '';
  const run = (values: Values = {}): Promise<TimeRun<Verdict>> => {
    const all = { incident, mode: 'step', source, limitMs: '3000', stableSeconds: '0', deadlineSeconds: '30' };
    return host.run<Verdict>(quickScript, { ...all, ...values });
  };
  /** Calls that change something, in order. */
  const listCalls = async (): Promise<string[]> => {
    const calls = (await host.shell('cat /run/calls')).split('\n');
    return calls.filter((call) => /makestep|-q$|waitsync|1$|systohc/.test(call));
  };

  beforeAll(async () => {
    host = await startTimeHost([source, unsynchronised, leaping]);
    await host.replaceTool('/usr/bin/chronyc', chronyc);
    await host.replaceTool('/usr/sbin/chronyd', chronyd);
    await host.replaceTool('/usr/sbin/hwclock', hwclock);
    // What the machine has must not decide what the document says.
    await host.shell('[[ ! -d /sys/class/rtc ]] || mount -t tmpfs none /sys/class/rtc');
  });
  afterAll(() => host?.stop());
  beforeEach(async () => {
    incident = `inc-${++count}`;
    await host.tell(source, '9000');
    await host.shell(
      'echo there >/run/daemon; echo there >/run/rtc; echo 0 >/run/updates; echo 0 >/run/looks; : >/run/calls',
    );
  });

  it('measures, and changes nothing, whatever the offset is', async () => {
    const { exitCode, verdict } = await run({ mode: 'measure' });
    await host.tell(source, '0');
    const { verdict: right } = await run({ mode: 'measure' });

    expect(exitCode).toBe(0);
    expect(verdict).toMatchObject({ ok: true, withinLimit: false, stepped: false, stable: false, readings: 1 });
    expect(verdict).toMatchObject({ offsetAfterMs: null, hardwareClock: 'untouched', error: '' });
    expect(Math.round((verdict.offsetBeforeMs ?? 0) / 1000)).toBe(9);
    expect(verdict.boundBeforeMs ?? 0).toBeGreaterThan(verdict.offsetBeforeMs ?? 0);
    expect(verdict.timeZone).toMatch(/^[+-]\d{4}$/);
    expect(right).toMatchObject({ ok: true, withinLimit: true });
    expect(await host.shell('cat /run/calls; ls "$CF_STATE_DIR"/' + incident)).toBe('lock\n');
  });

  it('steps by the daemon, measures again, and writes the hardware clock from the system clock', async () => {
    const { exitCode, verdict } = await run({ stableSeconds: '1' });

    expect(exitCode).toBe(0);
    expect(verdict).toMatchObject({ ok: true, stepped: true, withinLimit: true, stable: true, daemon: true });
    expect(verdict).toMatchObject({ repeated: false, readings: 3, hardwareClock: 'written', error: '' });
    expect(Math.round((verdict.offsetBeforeMs ?? 0) / 1000)).toBe(9);
    expect(Math.round((verdict.offsetAfterMs ?? 9000) / 1000)).toBe(0);
    expect(await listCalls()).toEqual(['chronyc makestep', 'chronyc 1', 'hwclock --systohc']);
  });

  it('steps by a chronyd of its own where none runs', async () => {
    await host.shell('echo absent >/run/daemon');

    const { verdict } = await run();

    expect(verdict).toMatchObject({ ok: true, stepped: true, withinLimit: true, stable: true, daemon: false });
    expect(await listCalls()).toEqual(['chronyd -q', 'hwclock --systohc']);
  });

  it('keeps to the first offset in a second run, and steps no more', async () => {
    const { verdict: first } = await run();

    const { verdict: second } = await run();

    expect(second).toMatchObject({ ok: true, stepped: false, repeated: true, offsetBeforeMs: first.offsetBeforeMs });
    expect((await listCalls()).filter((call) => call.endsWith('makestep'))).toHaveLength(1);
  });

  it('reports a clock that no step brings under the limit', async () => {
    await host.shell('echo stubborn >/run/daemon');

    const { exitCode, verdict } = await run();

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, stepped: true, withinLimit: false });
    expect(verdict).toMatchObject({ stable: false, hardwareClock: 'untouched' });
    expect(await listCalls()).toEqual(['chronyc makestep', 'chronyc makestep', 'chronyc makestep']);
  });

  it('reports a clock that does not stay under the limit', async () => {
    await host.tell(source, '0');
    const [{ exitCode, verdict }] = await Promise.all([run({ stableSeconds: '5' }), drift()]);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, stable: false, withinLimit: false });
    expect(verdict.hardwareClock).toBe('untouched');
    expect(verdict.error).toContain('did not stay');
  });

  it('does not call a clock stable while its daemon is out of step', async () => {
    await host.shell('echo adrift >/run/daemon');

    const { exitCode, verdict } = await run();

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, stepped: true, stable: false });
    expect(verdict.hardwareClock).toBe('untouched');
  });

  it.for([
    { rtc: 'absent', exitCode: 0, hardwareClock: 'none' },
    { rtc: 'wrong', exitCode: 70, hardwareClock: 'failed' },
  ])('says $hardwareClock of a hardware clock that is $rtc', async ({ rtc, exitCode, hardwareClock }) => {
    await host.shell(`echo ${rtc} >/run/rtc`);

    const run1 = await run();

    expect(run1.exitCode).toBe(exitCode);
    expect(run1.verdict).toMatchObject({ ok: exitCode === 0, stable: true, hardwareClock });
  });

  it('refuses to judge by a source that is silent, not synchronised, about to leap, or this host itself', async () => {
    await host.tell(source, 'silent');
    await host.tell(unsynchronised, 'unsynchronised');
    await host.tell(leaping, 'leaping');

    const runs = await Promise.all(
      [source, unsynchronised, leaping, '127.0.0.1'].map((address, index) =>
        run({ incident: `${incident}-${index}`, source: address }),
      ),
    );

    expect(runs.map(({ exitCode }) => exitCode)).toEqual([65, 65, 65, 64]);
    expect(runs.map(({ verdict }) => verdict.ok || verdict.withinLimit || verdict.stepped)).toEqual(
      Array(4).fill(false),
    );
    expect(await listCalls()).toEqual([]);
  });

  it('measures from the directory chronyd is confined to, where it may not write elsewhere', async () => {
    await host.replaceTool(
      '/usr/sbin/chronyd',
      // In a user namespace there is nobody to lower its privileges to.
      `#!/bin/bash
[[ "$*" == *'logdir /var/lib/chrony '* ]] || { echo 'Fatal error : Could not open : Permission denied'; exit 1; }
exec /run/real/chronyd "$@" 'user root'`,
    );
    await host.shell('mount -t tmpfs none /var/lib/chrony');

    const { verdict } = await run({ mode: 'measure' });
    await host.replaceTool('/usr/sbin/chronyd', chronyd);

    expect(verdict).toMatchObject({ ok: true, readings: 1, withinLimit: false });
    expect(await host.shell('ls /var/lib/chrony')).toBe('');
  });

  /** Lets the clock go wrong again once the first reading is done. */
  async function drift(): Promise<void> {
    await host.shell(
      `for i in {1..100}; do [[ ! -s /run/calls ]] || break; sleep 0.05; done
      echo 9000 >${behaviourOf(source)}`,
    );
  }
});

describe.skipIf(whyNoTime !== '')('resync-clock and the real chronyd', () => {
  it('says that the clock was not stepped when chronyd cannot step it', async () => {
    const host = await startTimeHost([source]);
    await host.tell(source, '9000');
    // -x: it follows its sources without setting the clock, which nobody may in here anyway.
    await host.shell(
      `mkdir -m 750 -p /run/chrony
      chronyd -x 'user root' 'server ${source} iburst' 'cmdport 0'`,
    );
    const values = { incident: 'a', mode: 'step', source, limitMs: '3000', stableSeconds: '0', deadlineSeconds: '30' };

    const { exitCode, verdict } = await host.run<Verdict>(resyncClockScript, values);
    const refusal = await host.shell('date -s 2030-01-01 2>&1 || true');
    await host.shell('kill $(</run/chrony/chronyd.pid)');
    await host.stop();

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 70, ok: false, daemon: true, stepped: false });
    expect(verdict).toMatchObject({ hardwareClock: 'untouched', error: 'chronyd refuses to step: 500 Failure' });
    expect(refusal).toContain('not permitted');
  });
});
