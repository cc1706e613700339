import { createHash, createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PeerSpec } from '../../lab/hosts/host-world.ts';
import type { Values } from './run-document.ts';
import { startTimeHost, whyNoTime } from './time-host.ts';
import type { TimeHost } from './time-host.ts';

/** The sensor as it lies in the documents; it is installed as part of another script. */
export const sensorPath = fileURLToPath(new URL('../../documents/linux/sensor.sh', import.meta.url));
const fakeAwsPath = fileURLToPath(new URL('fake-aws-server.ts', import.meta.url));
const missing = ['/usr/bin/curl', '/usr/bin/journalctl', '/usr/bin/systemctl'].filter((path) => !existsSync(path));

/** Why tests of the sensor cannot run here; empty when they can. */
export const whyNoSensor = whyNoTime || missing.map((path) => `no ${path}`).join(', ');
if (whyNoSensor !== '') {
  console.warn(`Tests of the sensor are skipped: ${whyNoSensor}`);
  if (process.env['FUSE_NO_SKIP'] === '1') throw new Error(`Nothing may be skipped here, but ${whyNoSensor}`);
}

/** Where the fake metadata service and CloudWatch listen inside the host. */
export const awsUrl = 'http://127.0.0.1:8123';
/** The one time source of the host. */
export const timeSource = '169.254.169.123';

/** One request to CloudWatch as it came in. */
export interface CapturedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A host with a time source, a metadata service and CloudWatch. */
export interface SensorHost extends TimeHost {
  /** Lines the journal has of sshd, each with the Unix time it starts with. */
  readonly setJournal: (lines: readonly string[]) => Promise<void>;
  /** Runs the sensor with these settings; `status` is its exit code, `output` both streams. */
  readonly runSensor: (settings?: Values) => Promise<{ readonly status: number; readonly output: string }>;
  /** What CloudWatch got since the last look. */
  readonly takeRequests: () => Promise<readonly CapturedRequest[]>;
}

const journalctl = `#!/bin/bash
[[ ! -e /run/no-journal ]] || { echo 'No journal files were found.' >&2; exit 1; }
cat /run/journal`;
// Notes what stands on the command line, where every user of the host could read it.
const curl = `#!/bin/bash
echo "$*" >>/run/command-lines
exec /run/real/curl "$@"`;

/** Starts such a host; the sensor's own directory is /run/sensor. */
export async function startSensorHost(peers: readonly PeerSpec[] = []): Promise<SensorHost> {
  const host = await startTimeHost([timeSource], peers);
  await host.replaceTool('/usr/bin/journalctl', journalctl);
  await host.replaceTool('/usr/bin/curl', curl);
  await host.shell(
    // Waits a second for a silent source, not five.
    `mkdir -p /run/aws /run/sensor
    sed 's/chronyd -Q -t 5 /chronyd -Q -t 1 /' ${sensorPath} >/run/sensor.sh
    : >/run/journal
    ${process.execPath} ${fakeAwsPath} 8123 /run/aws >/run/aws/log 2>&1 &
    echo $! >>/run/ntp/pids
    for i in {1..100}; do [[ ! -e /run/aws/up ]] || exit 0; sleep 0.05; done
    cat /run/aws/log; exit 1`,
  );
  return {
    ...host,
    setJournal: async (lines) => void (await host.shell(`cat >/run/journal <<'LINES'\n${lines.join('\n')}\nLINES`)),
    runSensor: async (settings = {}) => {
      const all = Object.entries({ ...defaultSettings, ...settings }).map(([name, value]) => `${name}='${value}'`);
      // As the unit runs it: hardly any capability, and no way to get more.
      const command = 'setpriv --no-new-privs --bounding-set -all,+dac_override bash';
      const output = await host.shell(`env ${all.join(' ')} ${command} /run/sensor.sh 2>&1; echo "status $?"`);
      return { status: Number(/status (\d+)\n$/.exec(output)?.[1]), output };
    },
    takeRequests: async () => {
      const text = await host.shell('cat /run/aws/requests 2>/dev/null; rm -f /run/aws/requests');
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as CapturedRequest]));
    },
  };
}

const defaultSettings = {
  STATE_DIRECTORY: '/run/sensor',
  FUSE_METADATA: awsUrl,
  FUSE_ENDPOINT: awsUrl,
  FUSE_TIME_SOURCE: timeSource,
  FUSE_HOME_CIDRS: '10.0.0.0/8 fd00::/8',
  FUSE_NIGHT_HOURS: '22:00-05:00',
  FUSE_PORTS: '80 443',
  FUSE_ZOMBIE_SECONDS: '1',
  FUSE_RECEIVE_ONLY_SECONDS: '0',
  TZ: 'UTC0',
};

/** Values of the published metrics by name, with their units. */
export function readMetrics({ body }: CapturedRequest): Readonly<Record<string, string>> {
  const form = new URLSearchParams(body);
  const names = [...form.keys()].filter((key) => key.endsWith('.MetricName'));
  return Object.fromEntries(
    names.map((key) => {
      const member = key.slice(0, -'.MetricName'.length);
      return [form.get(key) ?? '', `${form.get(`${member}.Value`)} ${form.get(`${member}.Unit`)}`];
    }),
  );
}

/** The signature AWS would compute for a request, from the headers that it says are signed. */
export function computeSignature({ method, url, headers, body }: CapturedRequest, secretKey: string): string {
  const authorization = headers['authorization'] ?? '';
  const [, scope = '', signedHeaders = ''] = /Credential=[^/]+\/(\S+), SignedHeaders=(\S+),/.exec(authorization) ?? [];
  const canonicalHeaders = signedHeaders.split(';').map((name) => `${name}:${headers[name]}\n`);
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
  const canonical = [method, url, '', canonicalHeaders.join(''), signedHeaders, digest(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, digest(canonical)].join('\n');
  const key = scope
    .split('/')
    .reduce<Buffer | string>((last, part) => createHmac('sha256', last).update(part).digest(), `AWS4${secretKey}`);
  return createHmac('sha256', key).update(toSign).digest('hex');
}

/** The sensor's functions without the run at its end, for tests of one function. */
export function readSensorFunctions(): string {
  return readFileSync(sensorPath, 'utf8').replace(/^cd "\$\{STATE_DIRECTORY[\s\S]*$/m, '');
}
