import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandParameters } from '../../documents/command-document.ts';
import { killConnectionsParameters, killConnectionsScript } from '../../documents/kill-connections.ts';
import { shedConnections, shedConnectionsParameters, shedConnectionsScript } from '../../documents/shed-connections.ts';
import { goodValues, hostileValues, malformedIpv6 } from './parameter-values.ts';

type Values = Readonly<Record<string, string>>;
type Lists = Readonly<Record<string, readonly string[]>>;

const validShed: Values = {
  incident: 'a',
  classes: 'batch@port:8084 web@port:8080',
  load: 'cpu',
  highMark: '90',
  lowMark: '70',
  maxRounds: '3',
  maxPercentPerRound: '30',
  ttlSeconds: '900',
  deadlineSeconds: '30',
};
const validKill: Values = { incident: 'a', scope: 'ports', ports: '443', ttlSeconds: '0', deadlineSeconds: '20' };
const documents: readonly {
  readonly name: string;
  readonly parameters: CommandParameters;
  readonly script: string;
  readonly valid: Values;
}[] = [
  { name: 'shed-connections', parameters: shedConnectionsParameters, script: shedConnectionsScript, valid: validShed },
  { name: 'kill-connections', parameters: killConnectionsParameters, script: killConnectionsScript, valid: validKill },
];

const hostile: Lists = {
  classes: [
    '',
    ' ',
    'batch',
    'batch@port',
    'batch@port:',
    'batch@port:0 web@port:1',
    'batch@port:65536 web@port:1',
    'batch@port:080 web@port:1',
    'batch@port:8084,8085 web@port:1',
    'batch@peer:10.0.0.256 web@port:1',
    'batch@peer:::1 web@port:1',
    'batch@peer:fe80::1%eth0 web@port:1',
    'batch@process: web@port:1',
    'batch@process:a/b web@port:1',
    'batch@process:sixteen-letters- web@port:1',
    'batch@process:"x" web@port:1',
    'batch@cgroup:system.slice web@port:1',
    'batch@cgroup:/ web@port:1',
    'batch@cgroup:/a//b web@port:1',
    'batch@cgroup:/a/ web@port:1',
    'batch@cgroup:/a\\x2d web@port:1',
    'batch@user:1 web@port:1',
    'Batch@port:1 web@port:1',
    '-batch@port:1 web@port:1',
    `${'b'.repeat(49)}@port:1 web@port:1`,
    '@port:1 web@port:1',
    'batch@port:1  web@port:1',
    'batch@port:1 web@port:1 ',
    'batch@port:1\nweb@port:1',
    'batch@port:1\tweb@port:1',
    'batch@port:1;id web@port:1',
    'batch@process:$(id) web@port:1',
    'batch@process:`id` web@port:1',
    `batch@port:1${' web@port:1'.repeat(6000)}`,
  ],
  load: ['', 'CPU', 'memory', 'cpu ', 'cpu\n', 'connections bytes', '$(id)'],
  highMark: ['', '-1', '01', '1.5', '1e3', '1000000000000', '9\n', ' 9', 'a[$(id)]'],
  lowMark: ['', '-1', '007', '0x10', '1000000000000', '1 ', '$(id)'],
  maxRounds: ['', '0', '6', '01', '1\n', '-1', '$(id)'],
  maxPercentPerRound: ['', '0', '101', '030', '5%', '1 ', '$(id)'],
  silentSeconds: ['', '0', '3601', '9999', '01', '1.5', '1\n', '$(id)'],
  only: ['', 'ALL', 'zombie', 'all zombies', 'zombies\n', '$(id)'],
};
/** A day at most for a shedding, a week for a cut. */
const hostileTtl = ['0', '86401', '99999', '604800'];
const good: Lists = {
  classes: [
    'batch@port:8084 web@port:8080',
    'b@peer:10.0.0.0/8 b@peer:fd00::/8 b@process:node b@cgroup:/system.slice/x@1.service w@peer:0.0.0.0/0 w@peer:::/0',
    'a@process:fifteen-letters 0@port:65535',
  ],
  load: ['cpu', 'connections', 'bytes'],
  highMark: ['90', '100'],
  lowMark: ['0', '70', '90'],
  maxRounds: ['1', '5'],
  maxPercentPerRound: ['1', '99', '100'],
  silentSeconds: ['1', '999', '1000', '3599', '3600'],
  ttlSeconds: ['1', '9999', '79999', '85999', '86399', '86400'],
  only: ['all', 'zombies'],
};

const cases = (lists: Lists, names: Lists) =>
  documents.flatMap((document) =>
    Object.entries(document.parameters).flatMap(([parameter, rule]) =>
      (lists[parameter] ?? (document.name === 'shed-connections' ? names[parameter] : undefined) ?? [])
        .filter((value) => document.name === 'shed-connections' || parameter !== 'ttlSeconds' || value === '')
        .map((value) => ({ ...document, parameter, rule, value })),
    ),
  );
const hostileCases = [
  ...cases(hostile, hostileValues),
  ...documents.slice(0, 1).flatMap((document) =>
    hostileTtl.map((value) => ({
      ...document,
      parameter: 'ttlSeconds',
      rule: shedConnectionsParameters.ttlSeconds,
      value,
    })),
  ),
];
const goodCases = cases(good, goodValues);

const takes = (rule: CommandParameters[string], value: string): boolean =>
  value.length >= rule.minChars && value.length <= rule.maxChars && new RegExp(rule.allowedPattern).test(value);

describe('parameters of shed-connections and of zombies', () => {
  it('are refused by pattern or length when hostile', () => {
    const taken = hostileCases.filter(({ rule, value }) => takes(rule, value));

    expect(taken.map(({ parameter, value }) => `${parameter}: ${value.slice(0, 60)}`)).toEqual([]);
    expect(hostileCases.length).toBeGreaterThan(150);
  });

  it('are taken when good', () => {
    const refused = goodCases.filter(({ rule, value }) => !takes(rule, value));

    expect(refused.map(({ parameter, value }) => `${parameter}: ${value}`)).toEqual([]);
  });

  it('take seconds of one day and no others for a shedding', () => {
    const pattern = new RegExp(shedConnectionsParameters.ttlSeconds.allowedPattern);

    fc.assert(
      fc.property(fc.integer({ min: -10, max: 100_000 }), (seconds) => {
        expect(pattern.test(String(seconds))).toBe(seconds >= 1 && seconds <= 86_400);
      }),
    );
  });
});

describe.skipIf(spawnSync('bash', ['-c', 'exit 0']).status !== 0)('a script that reads classes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'connection-fuse-'));
  beforeAll(() => {
    // Only the reading is wanted here: the script ends where it would start to act.
    for (const { name, script } of documents) {
      writeFileSync(join(directory, name), script.replace(/^require_tools .*$/m, 'echo passed; exit 0'));
    }
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const read = (name: string, values: Values) =>
    spawnSync('bash', [join(directory, name)], {
      encoding: 'utf8',
      env: Object.fromEntries(Object.entries(values).map(([parameter, value]) => [`SSM_${parameter}`, value])),
    });

  it('refuses every hostile value with exit code 64 and one line of JSON', () => {
    for (const { name, parameter, value, valid } of hostileCases) {
      const { status, stdout, stderr } = read(name, { ...valid, [parameter]: value });

      const verdict = JSON.parse(stdout.split('\n').length === 2 ? stdout : '{}') as Readonly<Record<string, unknown>>;
      const what = `${parameter} ${value.slice(0, 60)}`;
      const seen = {
        what,
        status,
        stderr,
        ok: verdict['ok'],
        name: verdict['document'],
        isShort: stdout.length < 2000,
      };
      expect(seen).toEqual({ what, status: 64, stderr: '', ok: false, name, isShort: true });
    }
  });

  it('takes every good value', () => {
    for (const { name, parameter, value, valid } of goodCases) {
      const { stdout } = read(name, { ...valid, [parameter]: value });

      expect({ parameter, value, stdout }).toEqual({ parameter, value, stdout: 'passed\n' });
    }
  });

  it.for<{ readonly why: string; readonly values: Values; readonly name?: string }>([
    { why: 'no environment at all', values: {} },
    { why: 'a single class', values: { ...validShed, classes: 'batch@port:1 batch@port:2' } },
    { why: 'a class that comes back', values: { ...validShed, classes: 'a@port:1 b@port:2 a@port:3' } },
    {
      why: 'eleven classes',
      values: { ...validShed, classes: Array.from({ length: 11 }, (_, n) => `c${n}@port:${n + 1}`).join(' ') },
    },
    { why: 'a low mark above the high one', values: { ...validShed, highMark: '70', lowMark: '71' } },
    { why: 'more than 100 percent', values: { ...validShed, highMark: '101' } },
    ...malformedIpv6.map((address) => ({
      why: `the malformed ${address}`,
      values: { ...validShed, classes: `a@peer:${address} b@port:1` },
    })),
    {
      why: 'zombies outside ports',
      name: 'kill-connections',
      values: { ...validKill, scope: 'server', ports: '', only: 'zombies' },
    },
  ])('refuses $why', ({ values, name = 'shed-connections' }) => {
    expect(read(name, values).status).toBe(64);
  });
});

describe('the document shed-connections', () => {
  it('hands every parameter over as an environment variable, and reads no other', () => {
    const kinds = Object.values(shedConnections.parameters).map(
      ({ type, interpolationType }) => `${type} ${interpolationType}`,
    );
    const read = new Set([...shedConnectionsScript.matchAll(/\$\{?((?:SSM|CF)_\w+)/g)].map(([, variable]) => variable));

    expect(new Set(kinds)).toEqual(new Set(['String ENV_VAR']));
    // The script shares parts with a document that has peers and ports.
    const shared = ['CF_STATE_DIR', 'SSM_peers', 'SSM_ports'];
    expect(read).toEqual(new Set([...shared, ...Object.keys(shedConnections.parameters).map((name) => `SSM_${name}`)]));
  });

  it('fits into a document of 64 KB, is one script, and joins to what was read', () => {
    const { runCommand } = shedConnections.mainSteps[0].inputs;

    expect(JSON.stringify(shedConnections).length).toBeLessThan(64 * 1024);
    expect(runCommand.join('\n')).toBe(shedConnectionsScript.trimEnd());
    expect(runCommand.filter((line) => line.startsWith('source '))).toEqual([]);
  });
});
