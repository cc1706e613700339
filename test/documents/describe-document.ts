import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandDocumentContent, CommandParameters } from '../../documents/command-document.ts';

type Values = Readonly<Record<string, string>>;
type ValueLists = Readonly<Record<string, readonly string[]>>;

/** What is known of a document's parameters. */
export interface DocumentCase {
  readonly name: string;
  readonly content: CommandDocumentContent;
  readonly parameters: CommandParameters;
  readonly script: string;
  /** A value for each parameter the script wants. */
  readonly valid: Values;
  /** Refused by the pattern, or by its length, and by the script. */
  readonly hostile: ValueLists;
  /** Taken by both. */
  readonly good: ValueLists;
  /** Taken by the pattern, which knows no counting, and refused by the script. */
  readonly malformed?: ValueLists;
}

/** Values no parameter of ours may take, whatever it means. */
export const injections: readonly string[] = [
  '$(id)',
  '`id`',
  'a;id',
  "a'b",
  'a"b',
  'a\\',
  'a\nb',
  '\n',
  ' ',
  'é',
  '{{ x }}',
  'a[$(id)]',
  'fe80::1%eth0',
  'a'.repeat(65_536),
];

const flatten = (values: ValueLists) =>
  Object.entries(values).flatMap(([parameter, list]) => list.map((value) => ({ parameter, value })));

/** Describes what every document promises, for one of them. */
export function describeDocument(document: DocumentCase): void {
  const { name, content, parameters, script } = document;
  const hostile: ValueLists = Object.fromEntries(
    Object.keys(parameters).map((parameter) => [parameter, [...injections, ...(document.hostile[parameter] ?? [])]]),
  );
  const passesPattern = ({ parameter, value }: { readonly parameter: string; readonly value: string }): boolean => {
    const rule = parameters[parameter]!;
    const fits = value.length >= rule.minChars && value.length <= rule.maxChars;
    return fits && new RegExp(rule.allowedPattern).test(value);
  };

  describe(`the document ${name}`, () => {
    it('hands every parameter over as an environment variable, and reads no other but the directory of its notes', () => {
      const kinds = Object.values(content.parameters).map((rule) => `${rule.type} ${rule.interpolationType}`);
      const read = new Set([...script.matchAll(/\$\{?((?:SSM|CF)_\w+)/g)].map(([, variable]) => variable));

      expect(new Set(kinds)).toEqual(new Set(['String ENV_VAR']));
      expect(read).toEqual(
        new Set(['CF_STATE_DIR', ...Object.keys(parameters).map((parameter) => `SSM_${parameter}`)]),
      );
    });

    it('fits into 64 KB, is one script, and joins to what was read', () => {
      const [{ inputs }] = content.mainSteps;

      expect(JSON.stringify(content).length).toBeLessThan(64 * 1024);
      expect(inputs.runCommand.join('\n')).toBe(script.trimEnd());
      expect(inputs.runCommand.filter((line) => line.startsWith('source '))).toEqual([]);
    });

    it('has hostile and good values for every parameter', () => {
      expect(Object.keys(document.hostile).sort()).toEqual(Object.keys(parameters).sort());
      expect(Object.keys(parameters).filter((parameter) => !document.hostile[parameter]?.length)).toEqual([]);
      expect(Object.keys(parameters).filter((parameter) => !document.good[parameter]?.length)).toEqual([]);
    });

    it('has patterns that refuse every hostile value and take every good one', () => {
      expect(flatten(hostile).filter(passesPattern)).toEqual([]);
      expect(flatten({ ...document.good, ...document.malformed }).filter((one) => !passesPattern(one))).toEqual([]);
    });

    describe.skipIf(spawnSync('bash', ['-c', 'exit 0']).status !== 0)('its script', () => {
      const directory = mkdtempSync(join(tmpdir(), 'connection-fuse-'));
      const path = join(directory, 'script.sh');
      // Only the reading is wanted here: the script ends where it would start to act.
      beforeAll(() => writeFileSync(path, script.replace(/^require_tools .*$/m, 'echo passed; exit 0')));
      afterAll(() => rmSync(directory, { recursive: true }));
      const read = (values: Values) => {
        const env = Object.fromEntries(Object.entries(values).map(([key, value]) => [`SSM_${key}`, value]));
        return spawnSync('bash', [path], { encoding: 'utf8', env });
      };

      it('refuses every hostile value with exit code 64 and one line of JSON', () => {
        for (const { parameter, value } of [...flatten(hostile), ...flatten(document.malformed ?? {})]) {
          // No environment variable is that long on Linux.
          const { status, stdout, stderr } = read({ ...document.valid, [parameter]: value.slice(0, 65_536) });

          const verdict = JSON.parse(stdout.split('\n').length === 2 ? stdout : '{}') as Readonly<
            Record<string, unknown>
          >;
          const what = `${parameter} ${value.slice(0, 60)}`;
          const seen = {
            what,
            status,
            stderr,
            ok: verdict['ok'],
            name: verdict['document'],
            short: stdout.length < 2000,
          };
          expect(seen).toEqual({ what, status: 64, stderr: '', ok: false, name, short: true });
        }
      });

      it('takes every good value, and refuses no environment at all, as an old agent leaves it', () => {
        for (const { parameter, value } of flatten(document.good)) {
          const { stdout } = read({ ...document.valid, [parameter]: value });

          expect({ parameter, value, stdout }).toEqual({ parameter, value, stdout: 'passed\n' });
        }
        expect(read({}).status).toBe(64);
      });
    });
  });
}

/** Values of the parameters every document has. */
export const common = {
  hostile: {
    incident: ['', 'A', 'a_b', 'a b', 'a'.repeat(49), 'a\n', '../etc'],
    deadlineSeconds: ['', '0', '121', '01', '-1', '1 ', '1\n', '9'.repeat(65_536)],
  },
  good: {
    incident: ['a', '0', 'inc-2026-11-23', 'a'.repeat(48), '-'],
    deadlineSeconds: ['1', '20', '99', '100', '120'],
  },
} as const;

/** Values of a parameter that is one address of another host. */
export const addressValues = {
  hostile: [
    '10.0.0.1 ',
    '10.0.0.1/32',
    '256.0.0.1',
    '0.1.2.3',
    '010.0.0.1',
    '10.0.0',
    '::1',
    '::',
    '::ffff:10.0.0.1',
    'fe80::1%eth0',
    '[fd00::1]',
    'fd00::1/128',
    'localhost',
    'time.aws.com',
    '10.0.0.1 10.0.0.2',
    '10.0.0.1\n',
  ],
  good: ['169.254.169.123', '1.0.0.1', '255.255.255.255', 'fd00:ec2::123', 'FD00:1:2:3:4:5:6:7', 'fe80::1'],
  malformed: ['127.0.0.1', 'fd00:::1', 'fd00::1::2', 'fd00:1:2:3:4:5:6', 'fd00::12345'],
} as const;
