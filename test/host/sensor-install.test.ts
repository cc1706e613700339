import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installSensorScript } from '../../documents/install-sensor.ts';
import { removeSensorScript } from '../../documents/remove-sensor.ts';
import type { Values } from './run-document.ts';
import { awsUrl, readMetrics, startSensorHost, timeSource, whyNoSensor } from './sensor-host.ts';
import type { SensorHost } from './sensor-host.ts';

/** What both documents print. */
interface Verdict {
  readonly ok: boolean;
  readonly state: string;
  readonly sensorDigest: string;
  readonly formerDigest: string;
  readonly timer: string;
  readonly firstRun: string;
  readonly metrics: readonly string[];
  readonly error: string;
}

// Knows one timer and one service, and runs the service as its file says; the metadata service is the test's own.
const systemctl = `#!/bin/bash
echo "$*" >>/run/calls
case $1 in
  daemon-reload) ;;
  enable) [[ -e /run/broken || ! -e /etc/systemd/system/$3 ]] || echo active >/run/timer ;;
  disable) rm -f /run/timer ;;
  is-active) cat /run/timer 2>/dev/null || { echo inactive; exit 3; } ;;
  is-enabled) [[ -e /run/timer ]] && echo enabled ;;
  start)
    set -a
    source /etc/connection-fuse/sensor.conf
    STATE_DIRECTORY=$(echo /run/connection-fuse/*/state)/host_sensor FUSE_METADATA=$(</run/metadata)
    eval "$(sed -n 's/^ExecStart=//p' "/etc/systemd/system/$2")" ;;
esac`;
const files = [
  '/etc/connection-fuse/sensor.conf',
  '/etc/systemd/system/connection-fuse-sensor.service',
  '/etc/systemd/system/connection-fuse-sensor.timer',
  '/usr/local/lib/connection-fuse/sensor.sh',
];

describe.skipIf(whyNoSensor !== '')('install-sensor and remove-sensor', () => {
  let host: SensorHost;
  const install = (change: Values = {}) =>
    host.run<Verdict>(installSensorScript, {
      incident: 'setup',
      source: timeSource,
      homeCidrs: '10.0.0.0/8 fd00::/8',
      nightHours: '22:00-05:00',
      ports: '80 443',
      zombieSeconds: '60',
      receiveOnlySeconds: '0',
      endpoint: awsUrl,
      deadlineSeconds: '30',
      ...change,
    });
  const remove = (change: Values = {}) =>
    host.run<Verdict>(removeSensorScript, { incident: 'setup', deadlineSeconds: '20', ...change });
  const listFiles = () =>
    host.shell('find /etc/connection-fuse /etc/systemd/system /usr/local/lib -type f 2>/dev/null | sort');

  beforeAll(async () => {
    host = await startSensorHost();
    await host.replaceTool('/usr/bin/systemctl', systemctl);
    // Nothing of this may end up in the machine's own folders.
    await host.shell(
      'cp -rL /etc /run/etc 2>/dev/null; mount --bind /run/etc /etc && mount -t tmpfs none /usr/local/lib',
    );
  });
  afterAll(() => host?.stop());
  beforeEach(async () => {
    await host.shell(
      `rm -rf /etc/connection-fuse /etc/systemd/system /usr/local/lib/* "$CF_STATE_DIR" /run/timer /run/broken /run/aws/refusing
      mkdir -p /etc/systemd/system
      echo ${awsUrl} >/run/metadata; : >/run/calls`,
    );
    await host.takeRequests();
  });

  it('installs a timer, sees the sensor publish, and says so a second time without harm', async () => {
    const first = await install();
    const published = await host.takeRequests();
    const sums = await host.shell(`sha256sum ${files.join(' ')}`);

    const second = await install();

    expect(first).toMatchObject({ exitCode: 0, verdict: { ok: true, state: 'installed', timer: 'active', error: '' } });
    expect(first.verdict.metrics).toEqual(['ClockOffset', 'TimeZoneOffset', 'ZombieConnections', 'NightLogins']);
    expect(published.map((request) => Object.keys(readMetrics(request)))).toEqual([first.verdict.metrics]);
    expect(first.verdict.formerDigest).toBe('');
    expect(first.verdict.sensorDigest).toMatch(/^[0-9a-f]{64}$/);
    expect((await listFiles()).trim().split('\n')).toEqual(files);
    expect(second.verdict).toEqual({ ...first.verdict, state: 'already-installed' });
    expect(await host.shell(`sha256sum ${files.join(' ')}`)).toBe(sums);
    expect(await host.shell('stat -c %a /etc/connection-fuse/sensor.conf')).toBe('600\n');
  });

  it('installs units that systemd understands', async () => {
    await install();
    // Where there is no systemd-analyze, there is nothing to ask.
    const said = await host.shell(
      `type -P systemd-analyze >/dev/null || exit 0
      systemd-analyze verify --man=no ${files[1]} ${files[2]} 2>&1 | grep connection-fuse || true`,
    );

    expect(said).toBe('');
  });

  it('replaces another version, and keeps what was there in its notes', async () => {
    const first = await install();

    const second = await install({ incident: 'update', ports: '8443' });
    const again = await install({ incident: 'update', ports: '8443' });

    expect(second.verdict).toMatchObject({ ok: true, state: 'replaced', formerDigest: first.verdict.sensorDigest });
    expect(again.verdict).toMatchObject({ state: 'already-installed', formerDigest: first.verdict.sensorDigest });
    expect(await host.shell('cat "$CF_STATE_DIR"/update/before-sensor.conf')).toContain('"80 443"');
    expect(await host.shell('cat /etc/connection-fuse/sensor.conf')).toContain('FUSE_PORTS="8443"');
  });

  it.for([
    { why: 'the host has no role', lines: 'echo http://127.0.0.1:1 >/run/metadata', exitCode: 1, firstRun: 'failed' },
    { why: 'CloudWatch refuses', lines: 'touch /run/aws/refusing', exitCode: 1, firstRun: 'failed' },
    { why: 'the timer does not run', lines: 'touch /run/broken', exitCode: 70, firstRun: 'not-run' },
  ])('does not call itself installed when $why', async ({ lines, exitCode, firstRun }) => {
    await host.shell(lines);

    const run = await install();

    expect(run).toMatchObject({ exitCode, verdict: { ok: false, firstRun, metrics: [] } });
  });

  it.for<Values>([
    { endpoint: 'https://monitoring.eu-west-1.amazonaws.com.evil.example' },
    { endpoint: 'http://10.0.0.1:80' },
    { nightHours: '05:00-05:00' },
    { ports: '' },
    { zombieSeconds: '0' },
    { source: '127.0.0.1' },
  ])('refuses %o and installs nothing', async (change) => {
    const run = await install(change);

    expect(run).toMatchObject({ exitCode: 64, verdict: { ok: false, state: '' } });
    expect(await listFiles()).toBe('');
  });

  it('removes exactly what it installed, and says so a second time without harm', async () => {
    await host.shell('mkdir -p /etc/connection-fuse; echo mine >/etc/connection-fuse/other.conf');
    const { verdict } = await install();

    const first = await remove({ incident: 'teardown', expectedDigest: verdict.sensorDigest });
    const second = await remove({ incident: 'teardown', expectedDigest: verdict.sensorDigest });

    expect(first).toMatchObject({ exitCode: 0, verdict: { ok: true, state: 'removed', timer: 'inactive' } });
    expect(first.verdict.sensorDigest).toBe(verdict.sensorDigest);
    expect(second).toMatchObject({ exitCode: 0, verdict: { ok: true, state: 'already-removed' } });
    expect(await listFiles()).toBe('/etc/connection-fuse/other.conf\n');
    expect(await host.shell('grep -cE "^(enable|disable) " /run/calls')).toBe('2\n');
  });

  it('removes by its note alone, and ends a removal that was interrupted', async () => {
    await install();
    await host.shell(`rm ${files[3]} ${files[0]}`);

    const run = await remove();

    expect(run).toMatchObject({ exitCode: 0, verdict: { ok: true, state: 'removed' } });
    expect(await listFiles()).toBe('');
  });

  it.for<{ readonly why: string; readonly lines: string; readonly change: Values }>([
    { why: 'somebody changed', lines: 'echo "FUSE_PORTS=22" >>/etc/connection-fuse/sensor.conf', change: {} },
    { why: 'another run installed', lines: '', change: { expectedDigest: 'a'.repeat(64) } },
    { why: 'nobody noted', lines: 'rm "$CF_STATE_DIR"/host_sensor/installed.sums', change: {} },
  ])('leaves a sensor alone that $why', async ({ lines, change }) => {
    await install();
    await host.shell(lines);
    const before = await listFiles();

    const run = await remove(change);

    expect(run).toMatchObject({ exitCode: 3, verdict: { ok: false, state: 'drifted', timer: 'active' } });
    expect(await listFiles()).toBe(before);
  });
});
