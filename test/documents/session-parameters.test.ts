import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandDocumentContent, CommandParameters } from '../../documents/command-document.ts';
import {
  detectTimeZones,
  detectTimeZonesParameters,
  detectTimeZonesScript,
} from '../../documents/detect-time-zones.ts';
import { killSessions, killSessionsParameters, killSessionsScript } from '../../documents/kill-sessions.ts';
import { releaseSessions, releaseSessionsParameters, releaseSessionsScript } from '../../documents/release-sessions.ts';
import { goodValues, hostileValues, malformedIpv6 } from './parameter-values.ts';

type Values = Readonly<Record<string, string>>;

interface DocumentCase {
  readonly name: string;
  readonly content: CommandDocumentContent;
  readonly parameters: CommandParameters;
  readonly script: string;
  readonly valid: Values;
}

const documents: readonly DocumentCase[] = [
  {
    name: 'kill-sessions',
    content: killSessions,
    parameters: killSessionsParameters,
    script: killSessionsScript,
    valid: {
      incident: 'a',
      engine: 'postgresql',
      connection: 'local',
      mode: 'kill',
      users: 'batch',
      minAgeSeconds: '0',
      holdLogins: 'no',
      deadlineSeconds: '20',
    },
  },
  {
    name: 'release-sessions',
    content: releaseSessions,
    parameters: releaseSessionsParameters,
    script: releaseSessionsScript,
    valid: { incident: 'a', engine: 'postgresql', deadlineSeconds: '20' },
  },
  {
    name: 'detect-time-zones',
    content: detectTimeZones,
    parameters: detectTimeZonesParameters,
    script: detectTimeZonesScript,
    valid: { incident: 'a', deadlineSeconds: '20' },
  },
];

const hostileNames = [
  ' ',
  'a ',
  ' a',
  'a  b',
  'a\tb',
  'a\nb',
  'a,b',
  "a'b",
  "'; drop table x; --",
  'a"b',
  'a;b',
  'a\\b',
  '$(id)',
  '`id`',
  'a@b',
  'a%',
  'a/b',
  'é',
  '{{ x }}',
  'a'.repeat(65),
  'a '.repeat(600),
  'a'.repeat(65_536),
];
const hostile: Readonly<Record<string, readonly string[]>> = {
  incident: hostileValues['incident'] ?? [],
  deadlineSeconds: hostileValues['deadlineSeconds'] ?? [],
  minAgeSeconds: hostileValues['ttlSeconds'] ?? [],
  clients: hostileValues['peers'] ?? [],
  golden: [
    ...(hostileValues['golden'] ?? []).filter((value) => value !== 'in@10.0.0.1'),
    'in@10.0.0.1',
    '10.0.0.1@80',
    '10.0.0.256',
  ],
  users: hostileNames,
  applications: hostileNames,
  spare: hostileNames,
  engine: ['', 'postgres', 'POSTGRESQL', 'postgresql ', 'postgresql\n', 'mysql mariadb', 'db2', '$(id)'],
  connection: [
    '',
    'rds',
    'rds:',
    'LOCAL',
    'local ',
    'local\n',
    'rds:a b',
    'rds:a\nhost=x',
    "rds:a' options='",
    'rds:a]',
    'rds:../a',
    'rds:a.b',
    'rds:é',
    'rds:$(id)',
    `rds:${'a'.repeat(64)}`,
    'rds:a'.repeat(13_000),
  ],
  mode: ['', 'KILL', 'kill ', 'kill\n', 'purge', '$(id)'],
  holdLogins: ['', 'true', 'YES', 'yes\n', 'no ', '$(id)'],
  engines: [
    'postgres',
    'mysql  oracle',
    ' mysql',
    'mysql ',
    'mysql\noracle',
    'mysql,oracle',
    '$(id)',
    'mysql '.repeat(99),
  ],
  logins: [
    'batch',
    'batch@',
    'batch@-2',
    'batch@01',
    'batch@1.5',
    'batch@-1 ',
    'batch@-1  app@-1',
    'batch@-1\napp@-1',
    "ba'tch@-1",
    "batch@'%'@locked",
    'batch@%@open',
    'batch@%@locked;',
    'batch@a b@locked',
    '@-1',
    `batch@${'h'.repeat(101)}@locked`,
    'a@-1 '.repeat(300),
    '$(id)@-1',
  ],
};
const good: Readonly<Record<string, readonly string[]>> = {
  incident: goodValues['incident'] ?? [],
  deadlineSeconds: goodValues['deadlineSeconds'] ?? [],
  minAgeSeconds: goodValues['ttlSeconds'] ?? [],
  clients: (goodValues['peers'] ?? []).filter((value) => value !== ''),
  golden: [...(goodValues['golden'] ?? []), '10.0.0.0/8', 'fd00::1 in@10.0.0.1@5432 ::/0'],
  users: ['batch', 'a.b-c_D 9', 'a'.repeat(64)],
  applications: ['loader', 'x.y-z_1 2'],
  spare: ['', 'zabbix repl', killSessionsParameters.spare.default],
  engine: ['postgresql', 'mariadb', 'mysql'],
  connection: ['local', 'rds:orders', 'rds:-a_B-9', `rds:${'a'.repeat(63)}`],
  mode: ['list', 'kill'],
  holdLogins: ['yes', 'no'],
  engines: ['', 'mysql', 'postgresql mariadb mysql oracle sqlserver'],
  logins: ['', 'batch@-1', 'batch@0 app@100', 'a.b-c@10.0.0.%@locked', 'a@fe80::%@unlocked b@%@locked'],
};

const cases = (values: Readonly<Record<string, readonly string[]>>) =>
  documents.flatMap(({ name, parameters, script, valid }) =>
    Object.entries(parameters).flatMap(([parameter, rule]) =>
      (values[parameter] ?? []).map((value) => ({ name, parameter, rule, value, script, valid })),
    ),
  );

describe('allowedPattern of documents about sessions', () => {
  it('has hostile and good values for every parameter', () => {
    const parameters = new Set(documents.flatMap(({ parameters: one }) => Object.keys(one)));

    expect(new Set(Object.keys(hostile))).toEqual(parameters);
    expect(new Set(Object.keys(good))).toEqual(parameters);
  });

  it('refuses every hostile value, by itself or by maxChars', () => {
    const taken = cases(hostile).filter(
      ({ rule, value }) =>
        value.length >= rule.minChars && value.length <= rule.maxChars && new RegExp(rule.allowedPattern).test(value),
    );

    expect(taken.map(({ parameter, value }) => `${parameter}: ${value.slice(0, 60)}`)).toEqual([]);
  });

  it('takes every good value', () => {
    const refused = cases(good).filter(({ rule, value }) => !new RegExp(rule.allowedPattern).test(value));

    expect(refused.map(({ parameter, value }) => `${parameter}: ${value}`)).toEqual([]);
  });
});

describe('a script about sessions that reads its parameters', () => {
  const directory = mkdtempSync(join(tmpdir(), 'connection-fuse-'));
  const end: Readonly<Record<string, RegExp>> = {
    // Only the reading is wanted here: the script ends where it would start to act.
    'kill-sessions': /^require_engine_tools$/m,
    'release-sessions': /^case \$engine in\n {2}postgresql\) require_tools[^]*$/m,
    'detect-time-zones': /^require_tools .*$/m,
  };
  beforeAll(() => {
    for (const { name, script } of documents) {
      const text = script.replace(end[name] ?? /$/, 'echo passed; exit 0');
      writeFileSync(join(directory, name), text);
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
      const { status, stdout, stderr } = read(name, { ...valid, [parameter]: value });

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

  it('takes every good value', () => {
    for (const { name, parameter, value, valid } of cases(good)) {
      const { stdout } = read(name, { ...valid, [parameter]: value });

      expect({ parameter, value, stdout }).toEqual({ parameter, value, stdout: 'passed\n' });
    }
  });

  it('refuses IPv6 addresses the pattern can not tell from good ones', () => {
    for (const address of malformedIpv6) {
      const statuses = ['clients', 'golden'].map(
        (parameter) => read('kill-sessions', { ...documents[0]?.valid, [parameter]: address }).status,
      );

      expect({ address, statuses }).toEqual({ address, statuses: [64, 64] });
    }
  });

  it.each<Values>([
    { users: '' },
    { users: '', golden: '10.0.0.0/8', minAgeSeconds: '60' },
    { engine: 'oracle', clients: '10.0.0.1' },
    { engine: 'oracle', golden: '10.0.0.1' },
    { engine: 'sqlserver', clients: 'fd00::/8' },
    { engine: 'sqlserver', mode: 'kill', holdLogins: 'yes' },
    { engine: 'oracle', mode: 'kill', holdLogins: 'yes' },
    { mode: 'list', holdLogins: 'yes' },
    { mode: 'kill', holdLogins: 'yes', connection: 'rds:orders' },
  ])('refuses what would end everybody, or what cannot be done: %j', (values) => {
    expect(read('kill-sessions', { ...documents[0]?.valid, ...values }).status).toBe(64);
  });

  it.each(documents)('$name refuses no environment at all, as an old agent leaves it', ({ name }) => {
    expect(read(name, {}).status).toBe(64);
  });
});

describe.each(documents)('content of $name', ({ content, parameters, script }) => {
  it('fits into a document of 64 KB together with the longest parameters', () => {
    const longest = Object.values(parameters).reduce((sum, { maxChars }) => sum + maxChars, 0);

    expect(JSON.stringify(content).length + longest).toBeLessThan(64 * 1024);
  });

  it('is one script that reads no variable but its own parameters and where its notes lie', () => {
    const read = new Set([...script.matchAll(/\$\{?((?:SSM|CF)_\w+)/g)].map(([, variable]) => variable));
    const declared = Object.keys(parameters).map((parameter) => `SSM_${parameter}`);

    expect(script.startsWith('#!/bin/bash\n')).toBe(true);
    expect(script).not.toMatch(/^source /m);
    expect(read).toEqual(new Set(['CF_STATE_DIR', ...declared]));
    expect(spawnSync('bash', ['-n'], { input: script }).status).toBe(0);
  });
});
