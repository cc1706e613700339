import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killConnectionsParameters, killConnectionsScript } from '../../documents/kill-connections.ts';
import { releaseConnectionsParameters, releaseConnectionsScript } from '../../documents/release-connections.ts';
import { injections } from './describe-document.ts';
import { goodValues, hostileValues, malformedIpv6 } from './parameter-values.ts';

type Values = Readonly<Record<string, string>>;

const validKill: Values = { incident: 'a', scope: 'server', ttlSeconds: '0', deadlineSeconds: '20' };
const validRelease: Values = { incident: 'a', deadlineSeconds: '20' };
const documents = [
  {
    name: 'kill-connections',
    parameters: killConnectionsParameters,
    script: killConnectionsScript,
    valid: validKill,
  },
  {
    name: 'release-connections',
    parameters: releaseConnectionsParameters,
    script: releaseConnectionsScript,
    valid: validRelease,
  },
];

/** With what no parameter may take, whatever it means. */
const hostile: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(hostileValues).map(([parameter, list]) => [parameter, [...injections, ...list]]),
);

const cases = (values: Readonly<Record<string, readonly string[]>>) =>
  documents.flatMap(({ name, parameters, script, valid }) =>
    Object.entries(parameters).flatMap(([parameter, rule]) =>
      (values[parameter] ?? []).map((value) => ({ name, parameter, rule, value, script, valid })),
    ),
  );

/** The scope under which a list is not refused for being there at all. */
const scopeFor = (parameter: string): Values =>
  parameter === 'peers' || parameter === 'ports'
    ? { scope: parameter }
    : parameter === 'peersFrom'
      ? { scope: 'peers' }
      : parameter === 'only'
        ? { scope: 'ports', ports: '80' }
        : {};

const hasBash = spawnSync('bash', ['-c', 'exit 0']).status === 0;

describe('allowedPattern', () => {
  it('has hostile and good values for every parameter, and for no other', () => {
    const parameters = [...new Set(documents.flatMap(({ parameters: one }) => Object.keys(one)))].sort();

    expect(Object.keys(hostileValues).sort()).toEqual(parameters);
    expect(Object.keys(goodValues).sort()).toEqual(parameters);
    expect(Object.values({ ...hostileValues, ...goodValues }).filter((list) => list.length === 0)).toEqual([]);
  });

  it('refuses every hostile value, by itself or by maxChars', () => {
    const taken = cases(hostile).filter(
      ({ rule, value }) =>
        value.length >= rule.minChars && value.length <= rule.maxChars && new RegExp(rule.allowedPattern).test(value),
    );

    expect(taken.map(({ parameter, value }) => `${parameter}: ${value.slice(0, 60)}`)).toEqual([]);
  });

  it('takes every good value', () => {
    const refused = cases(goodValues).filter(({ rule, value }) => !new RegExp(rule.allowedPattern).test(value));

    expect(refused.map(({ parameter, value }) => `${parameter}: ${value}`)).toEqual([]);
  });

  it('takes numbers from 1 to 65535 as ports and no others', () => {
    const pattern = new RegExp(killConnectionsParameters.ports.allowedPattern);

    fc.assert(
      fc.property(fc.integer({ min: -10, max: 100_000 }), (port) => {
        expect(pattern.test(String(port))).toBe(port >= 1 && port <= 65_535);
      }),
    );
  });

  it('takes numbers from 0 to 604800 as seconds and no others', () => {
    const pattern = new RegExp(killConnectionsParameters.ttlSeconds.allowedPattern);

    fc.assert(
      fc.property(fc.integer({ min: -10, max: 700_000 }), (ttl) => {
        expect(pattern.test(String(ttl))).toBe(ttl >= 0 && ttl <= 604_800);
      }),
    );
  });
});

describe.skipIf(!hasBash)('a script that reads its parameters', () => {
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
    for (const { name, parameter, value, valid } of cases(hostile)) {
      const { status, stdout, stderr } = read(name, { ...valid, ...scopeFor(parameter), [parameter]: value });

      // One value compared, so that a failure names the parameter and the value that slipped through.
      const verdict = JSON.parse(stdout.split('\n').length === 2 ? stdout : '{}') as Readonly<Record<string, unknown>>;
      const what = `${parameter} ${value.slice(0, 60)}`;
      const seen = {
        what,
        status,
        stderr,
        ok: verdict['ok'],
        document: verdict['document'],
        isShort: stdout.length < 2000,
      };
      expect(seen).toEqual({ what, status: 64, stderr: '', ok: false, document: name, isShort: true });
    }
  });

  it('refuses IPv6 addresses the pattern can not tell from good ones', () => {
    for (const address of malformedIpv6) {
      const { status } = read('kill-connections', { ...validKill, scope: 'peers', peers: address });

      expect({ address, status }).toEqual({ address, status: 64 });
    }
  });

  it('takes every good value', () => {
    for (const { name, parameter, value, valid } of cases(goodValues)) {
      const needed: Values = parameter === 'scope' ? { [value]: value === 'peers' ? '10.0.0.1' : '80' } : {};
      const empty = value === '' || parameter === 'scope' ? {} : scopeFor(parameter);
      const { stdout } = read(name, { ...valid, ...empty, ...needed, [parameter]: value });

      expect({ parameter, value, stdout }).toEqual({ parameter, value, stdout: 'passed\n' });
    }
  });

  it.for<{ readonly name: string; readonly values: Values }>([
    { name: 'no environment at all, as an old agent leaves it', values: {} },
    { name: 'scope peers without peers', values: { ...validKill, scope: 'peers' } },
    { name: 'scope ports without ports', values: { ...validKill, scope: 'ports', ports: '' } },
    {
      name: 'peers from the host under scope ports',
      values: { ...validKill, scope: 'ports', peersFrom: 'night-logins' },
    },
    {
      name: 'peers beside those from the host',
      values: { ...validKill, scope: 'peers', peers: '10.0.0.1', peersFrom: 'night-logins' },
    },
    { name: 'peers under scope server', values: { ...validKill, peers: '10.0.0.1' } },
    {
      name: 'ports under scope peers',
      values: { ...validKill, scope: 'peers', peers: '10.0.0.1', ports: '80' },
    },
  ])('refuses $name', ({ values }) => {
    expect(read('kill-connections', values).status).toBe(64);
  });
});
