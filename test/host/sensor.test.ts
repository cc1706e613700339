import { setTimeout as sleep } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { losePeers, peer } from './run-document.ts';
import {
  computeSignature,
  readMetrics,
  readSensorFunctions,
  startSensorHost,
  timeSource,
  whyNoSensor,
} from './sensor-host.ts';
import type { SensorHost } from './sensor-host.ts';

const secretKey = 'se/cret+of/test';
const cameras = [
  peer({ name: 'live', port: 443 }),
  peer({ name: 'dead', address: '203.0.113.8', port: 443, connections: 3 }),
  peer({ name: 'dead6', address: 'fd66::8', port: 80, connections: 2 }),
  peer({ name: 'elsewhere', address: '203.0.113.8', port: 8080 }),
];

describe.skipIf(whyNoSensor !== '')('the sensor of a host', () => {
  let host: SensorHost;
  beforeAll(async () => {
    host = await startSensorHost(cameras);
  });
  afterAll(() => host?.stop());
  beforeEach(async () => {
    await host.tell(timeSource, '0');
    await host.setJournal([]);
    await host.shell('rm -rf /run/sensor/* /run/aws/refusing /run/no-journal; : >/run/command-lines');
    await host.takeRequests();
  });

  const now = (): number => Math.floor(Date.now() / 1000);
  const login = (time: number, from: string): string =>
    `${time}.123456 host sshd[99]: Accepted publickey for bob from ${from} port 50022 ssh2: ED25519 SHA256:x`;
  /** A time zone in which it is now this hour. */
  const zoneAt = (hour: number): string => {
    const west = (new Date().getUTCHours() - hour + 24) % 24;
    return `LAB${west > 12 ? west - 24 : west}`;
  };
  const publish = async (settings: Readonly<Record<string, string>> = {}) => {
    const { status, output } = await host.runSensor(settings);
    const requests = await host.takeRequests();
    expect({ status, output, requests: requests.length }).toMatchObject({ status: 0, requests: 1 });
    return { request: requests[0]!, metrics: readMetrics(requests[0]!), output };
  };

  it('publishes with a signature that AWS would compute, and shows its credentials to nobody', async () => {
    await host.tell(timeSource, '-7000');

    const { request, metrics, output } = await publish({ TZ: 'Asia/Shanghai' });

    const form = new URLSearchParams(request.body);
    const dimensions = [...form].filter(([key]) => key.includes('.Dimensions.')).map(([, value]) => value);
    expect([form.get('Action'), form.get('Version'), form.get('Namespace')]).toEqual([
      'PutMetricData',
      '2010-08-01',
      'ConnectionFuse/Host',
    ]);
    expect(dimensions.join(' ')).toBe('InstanceId i-0000000000000001a '.repeat(4).trim());
    expect(metrics).toEqual({
      ClockOffset: expect.stringMatching(/^[67]\d{3}\.\d{3} Milliseconds$/) as string,
      TimeZoneOffset: '480 None',
      ZombieConnections: '0 Count',
      NightLogins: '0 Count',
    });
    expect(request.headers['authorization']).toMatch(
      /Credential=ASIASENSORTEST\/\d{8}\/eu-west-1\/monitoring\/aws4_request/,
    );
    expect(request.headers['authorization']).toContain('x-amz-security-token');
    expect(request.headers['authorization']?.split('Signature=')[1]).toBe(computeSignature(request, secretKey));
    const shown = `${output}${await host.shell('cat /run/command-lines; grep -r . /run/sensor')}`;
    expect(shown).toContain('published');
    expect(shown).not.toMatch(/se\/cret|session\/tok|AQAEALxyz/);
  });

  it.for([
    { TZ: 'America/St_Johns', minutes: /^-(210|150) None$/ },
    { TZ: 'Asia/Kolkata', minutes: /^330 None$/ },
    { TZ: 'UTC0', minutes: /^0 None$/ },
  ])('knows $TZ in minutes east of UTC', async ({ TZ, minutes }) => {
    const { metrics } = await publish({ TZ });

    expect(metrics['TimeZoneOffset']).toMatch(minutes);
  });

  it('publishes no offset when its source is not synchronised, and no logins without a journal', async () => {
    await host.tell(timeSource, 'unsynchronised');
    await host.shell('touch /run/no-journal');

    const { metrics, output } = await publish();

    expect(Object.keys(metrics)).toEqual(['TimeZoneOffset', 'ZombieConnections']);
    expect(output).toContain(`cannot measure against ${timeSource}`);
    expect(output).toContain('cannot read logins');
  });

  it('signs by the true time when its clock is so wrong that AWS would refuse it', async () => {
    await host.tell(timeSource, '-600000');

    const { request, metrics } = await publish();

    // curl before version 8 sends the header twice.
    const digits = request.headers['x-amz-date']?.split(', ')[0] ?? '';
    const signedAt = Date.parse(digits.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
    expect(metrics['ClockOffset']).toMatch(/^(599|600)\d{3}\./);
    expect(Math.round((signedAt - Date.now()) / 60_000)).toBe(-10);
  });

  it('counts logins at night from elsewhere, each of them once, and keeps their addresses', async () => {
    const at = now() - 20;
    const foreign = ['203.0.113.99', '2001:db8::7', '192.0.2.1'];
    const home = ['10.200.3.4', 'fd12:3456::1'];
    await host.setJournal([
      ...[...foreign, ...home].map((address) => login(at, address)),
      `${at}.000000 host sshd-session[9]: Accepted password for x from 198.51.100.7 port 1 from 192.0.2.77 port 22 ssh2`,
      `${at}.000000 host sshd[9]: Failed password for root from 198.51.100.1 port 22 ssh2`,
    ]);
    const night = { TZ: zoneAt(3) };

    const { metrics: first } = await publish(night);
    const { metrics: second } = await publish(night);
    const { metrics: byDay } = await publish({ TZ: zoneAt(12), STATE_DIRECTORY: '/run/aws' });

    expect([first, second, byDay].map((metrics) => metrics['NightLogins'])).toEqual(['4 Count', '0 Count', '0 Count']);
    const kept = (await host.shell('cat /run/sensor/night-logins')).trim().split('\n');
    expect(new Set(kept.map((line) => line.split(' ')[1]))).toEqual(new Set([...foreign, '192.0.2.77']));
  });

  it('counts again what it could not publish', async () => {
    await host.setJournal([login(now() - 20, '203.0.113.99')]);
    await host.shell('touch /run/aws/refusing');

    const refused = await host.runSensor({ TZ: zoneAt(3) });
    await host.takeRequests();
    await host.shell('rm /run/aws/refusing');
    const { metrics } = await publish({ TZ: zoneAt(3) });

    expect(refused).toMatchObject({ status: 70 });
    expect(refused.output).toContain('CloudWatch answers 403');
    expect(metrics['NightLogins']).toBe('1 Count');
    expect(await host.shell('wc -l </run/sensor/night-logins')).toBe('1\n');
  });

  it('ends with a word and no request where there is no role', async () => {
    const { status, output } = await host.runSensor({ FUSE_METADATA: 'http://127.0.0.1:1' });

    expect(status).toBe(70);
    expect(output).toContain('no credentials of a role');
    expect(await host.takeRequests()).toEqual([]);
  });

  it('counts the dead on its ports, and silent ones only where it is told to', async () => {
    await losePeers(host.world, ['203.0.113.8', 'fd66::8']);
    await sleep(1600);

    const { metrics } = await publish();
    const kept = await host.shell('cut -d" " -f1,2 /run/sensor/zombies');
    const { metrics: withSilent } = await publish({ FUSE_PORTS: '8080', FUSE_RECEIVE_ONLY_SECONDS: '1' });
    const { metrics: patient } = await publish({ FUSE_ZOMBIE_SECONDS: '3600' });

    expect(metrics['ZombieConnections']).toBe('5 Count');
    expect(kept.match(/203\.0\.113\.8/g)).toHaveLength(3);
    expect(kept.match(/fd66::8/g)).toHaveLength(2);
    expect(withSilent['ZombieConnections']).toBe('5 Count');
    expect(patient['ZombieConnections']).toBe('0 Count');
  });

  it.for([
    { who: 'an idle peer', info: 'lastsnd:90000 lastrcv:90000 lastack:90000', zombies: 0 },
    { who: 'a viewer that only receives', info: 'timer:(on,200ms,0) lastrcv:9000000 lastack:12 unacked:5', zombies: 0 },
    { who: 'a peer just spoken to', info: 'timer:(on,200ms,0) lastrcv:90000 lastack:90000 unacked:1', zombies: 0 },
    { who: 'one that reads slowly', info: 'timer:(persist,20sec,9) lastrcv:90000 lastack:20 unacked:1', zombies: 0 },
    { who: 'one silent for a moment', info: 'timer:(on,2sec,3) lastrcv:5000 lastack:5000 unacked:1', zombies: 0 },
    { who: 'a dead one', info: 'timer:(on,1.656ms,3) backoff:3 lastrcv:61000 lastack:61000 unacked:1', zombies: 1 },
    { who: 'one long dead', info: 'timer:(on,2min,12) backoff:12 lastrcv:610000 lastack:610000 unacked:1', zombies: 1 },
    { who: 'one that answers no probe', info: 'timer:(keepalive,9sec,4) lastrcv:90000 lastack:90000', zombies: 1 },
    { who: 'a camera silent for an hour', info: 'lastsnd:3600001 lastrcv:3600001 lastack:3600001', zombies: 1 },
  ])('counts $zombies of $who', async ({ info, zombies }) => {
    const line = `ESTAB 0 0 10.0.1.20:443 203.0.113.7:40851 ${info}`;

    const said = await host.shell(
      `${readSensorFunctions()}
      ss() { echo '${line}'; }
      cd /run/sensor && FUSE_PORTS=443 FUSE_ZOMBIE_SECONDS=60 FUSE_RECEIVE_ONLY_SECONDS=3600
      count_zombies && echo "\${metrics[0]}"`,
    );

    expect(said).toBe(`ZombieConnections Count ${zombies}\n`);
  });

  it('tells home from elsewhere as a library for addresses does', async () => {
    const address4 = fc.ipV4();
    const cases = fc.sample(
      fc.oneof(
        fc.tuple(address4, address4, fc.integer({ min: 1, max: 32 })),
        fc.tuple(address4, fc.integer({ min: 1, max: 32 })).map(([one, bits]) => [one, one, bits] as const),
        fc.tuple(fc.ipV6(), fc.integer({ min: 8, max: 128 })).map(([one, bits]) => [one, one, bits] as const),
        fc.tuple(fc.ipV6(), fc.ipV6(), fc.integer({ min: 8, max: 128 })),
      ),
      200,
    );
    const shifted = cases.map(
      ([one, other, bits]) => [ipaddr.parse(one).toString(), ipaddr.parse(other).toString(), bits] as const,
    );
    const lines = shifted.map(
      ([one, other, bits]) => `FUSE_HOME_CIDRS=${other}/${bits}; is_home ${one} && echo true || echo false`,
    );

    const said = await host.shell(`${readSensorFunctions()}\n${lines.join('\n')}`);

    const wanted = shifted.map(([one, other, bits]) => {
      const [address, network] = [ipaddr.parse(one), ipaddr.parse(other)];
      return address.kind() === network.kind() && address.match(network, bits);
    });
    expect(said.trim().split('\n')).toEqual(wanted.map(String));
  });

  it.for([
    { hours: '22:00-05:00', night: ['22:00', '23:59', '00:00', '04:59'], day: ['05:00', '12:00', '21:59'] },
    { hours: '01:30-02:00', night: ['01:30', '01:59'], day: ['01:29', '02:00', '13:45'] },
  ])('knows when $hours is', async ({ hours, night, day }) => {
    const times = [...night, ...day];
    const lines = times.map((time) => `is_night "$(date -d '2026-11-23 ${time}' +%s)" && echo true || echo false`);

    const said = await host.shell(`FUSE_NIGHT_HOURS=${hours}\n${readSensorFunctions()}\n${lines.join('\n')}`);

    expect(said.trim().split('\n')).toEqual(times.map((time) => String(night.includes(time))));
  });
});
