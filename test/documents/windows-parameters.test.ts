import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { blockConnectionsOnWindows } from '../../documents/block-connections.ts';
import { collectState } from '../../documents/collect-state.ts';
import type { CommandDocumentContent } from '../../documents/command-document.ts';
import { holdTask } from '../../documents/hold-task.ts';
import { installSensor } from '../../documents/install-sensor.ts';
import { killConnectionsOnWindows } from '../../documents/kill-connections.ts';
import { releaseConnections } from '../../documents/release-connections.ts';
import { releaseTask } from '../../documents/release-task.ts';
import { removeSensor } from '../../documents/remove-sensor.ts';
import { resyncClock } from '../../documents/resync-clock.ts';
import { startService } from '../../documents/start-service.ts';
import { stopService } from '../../documents/stop-service.ts';
import { addressValues, injections } from './describe-document.ts';
import { hostileNames } from './hostile-names.ts';
import { goodValues, hostileValues } from './parameter-values.ts';
import { createPowerShellReader, windowsScripts } from './windows-syntax.ts';
import type { PowerShellReader } from './windows-syntax.ts';

type ValueLists = Readonly<Record<string, readonly string[]>>;

const documents: Readonly<Record<string, CommandDocumentContent>> = {
  'block-connections': blockConnectionsOnWindows,
  'collect-state': collectState,
  'hold-task': holdTask,
  'install-sensor': installSensor,
  'kill-connections': killConnectionsOnWindows,
  'release-connections': releaseConnections,
  'release-task': releaseTask,
  'remove-sensor': removeSensor,
  'resync-clock': resyncClock,
  'start-service': startService,
  'stop-service': stopService,
};
const stems = Object.keys(documents);

const range = '10.0.0.0-10.0.0.9';
const wide = '1.0.0.0-255.255.255.255,0:0:0:0:0:0:0:2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
/** Refused by the pattern of the API, or by its length, and by the script. */
const hostile: ValueLists = {
  ...hostileValues,
  blockRanges: [
    `in@tcp@80@${range} `,
    `both@tcp@80@${range}`,
    `in@udp@80@${range}`,
    `in@tcp@@${range}`,
    `in@tcp@080@${range}`,
    `in@tcp@65536@${range}`,
    `in@tcp@80-@${range}`,
    `in@tcp@*@${range}`,
    'in@tcp@80@',
    'in@tcp@80@Any',
    'in@tcp@80@10.0.0.0/8',
    'in@tcp@80@10.0.0.256',
    'in@tcp@80@fd00::1',
    'in@tcp@80@1:2:3:4:5:6:7',
    'in@tcp@80@1:2:3:4:5:6:7:8:9',
    `in@tcp@80@${range};id`,
    `in@tcp@80@${range}, ${range}`,
    `in@tcp@80@${range}\nin@tcp@81@${range}`,
    `in@tcp@80@${range}${`,${range}`.repeat(500)}`,
  ],
  ruleName: [' ERM', 'ERM*', 'ERM?', '[ERM]', '.ERM', 'ERM/Device', 'ERM|id', 'ERM"', `E${'R'.repeat(100)}`],
  createRule: ['', 'Yes', 'yes ', 'true', '1', 'yes\n'],
  services: [...hostileNames, 'a b c d e ', 'MSSQL$', 'a'.repeat(109), 'a'.repeat(65_536)],
  tasks: [...hostileNames, 'task:sync', 'windows:', 'windows:a:b', 'windows:../x', 'windows:*', 'WINDOWS:sync'],
  manner: ['', 'Disable', 'delete', 'disable ', 'remove\n', '$(id)'],
  mode: ['', 'Step', 'step ', 'set', 'measure\n'],
  source: addressValues.hostile,
  limitMs: ['', '0', '0.000', '01', '1.', '.5', '1.0000', '100000', '-1', '1e3', '1,5', '1 '],
  stableSeconds: ['', '61', '-1', '01', '1.5', '1 '],
  nightHours: ['', '22:00', '24:00-05:00', '22:60-05:00', '22:00-5:00', '22:00 05:00', '22:00-05:00 '],
  homeCidrs: hostileValues['agent'] ?? [],
  endpoint: [
    'https://evil.example',
    'http://10.0.0.1:80',
    'https://monitoring.amazonaws.com/',
    'https://a b.amazonaws.com',
  ],
  zombieSeconds: ['', '0', '-1', '10000', '1.5', '060'],
  receiveOnlySeconds: ['', '-1', '1.5', '060', '9999999'],
  only: ['ALL', 'none', 'all ', 'zombies\n'],
  sinceSeconds: ['-1', '1.5', '864000', 'x'],
  silentSeconds: ['-1', '1.5', '36000', 'x'],
};
/** Taken by both. */
const good: ValueLists = {
  ...goodValues,
  blockRanges: ['', `in@tcp@80@${range}`, `in@any@0-65535@${wide} out@any@0-442,444-65535@10.0.0.1,${range}`],
  ruleName: ['', 'ERM-Device', 'SQL Server (x)'.slice(0, 10), 'a'.repeat(100)],
  createRule: ['yes', 'no'],
  services: ['MSSQLSERVER', 'MSSQL$SALES SQLAgent$SALES', 'a b c d e', 'a'.repeat(100)],
  tasks: ['windows:DataSync', 'windows:a windows:b.c_d-e', `windows:${'a'.repeat(100)}`],
  manner: ['disable', 'remove'],
  mode: ['measure', 'step'],
  source: addressValues.good,
  limitMs: ['1', '5000', '0.5', '0.001', '99999.999'],
  stableSeconds: ['0', '9', '60'],
  nightHours: ['22:00-05:00', '00:00-23:59'],
  homeCidrs: goodValues['agent'] ?? [],
  endpoint: ['', 'https://monitoring.eu-central-1.amazonaws.com', 'http://127.0.0.1:4566'],
  zombieSeconds: ['1', '60', '9999'],
  receiveOnlySeconds: ['0', '60', '604800'],
  only: ['all'],
  // The other word is refused with a reason of its own.
  peersFrom: [''],
  silentSeconds: ['1', '3600'],
};

/** Texts that the scripts give names to, as PowerShell would put them together. */
function readDefinitions(texts: readonly string[]): ReadonlyMap<string, string> {
  const definitions = new Map<string, string>();
  for (const [, name = '', text = ''] of texts.join('\n').matchAll(/^\$(\w+) = ('(?:[^']|'')*'|"[^"]*")$/gm)) {
    definitions.set(name, evaluate(text, definitions));
  }
  return definitions;
}

/** A text in single quotes stands as it is, one in double quotes has its variables written in. */
function evaluate(expression: string, definitions: ReadonlyMap<string, string>): string {
  if (expression.startsWith("'")) return expression.slice(1, -1).replaceAll("''", "'");
  const text = expression.startsWith('"') ? expression.slice(1, -1) : expression;
  return text.replace(/\$(\w+)/g, (whole, name: string) => definitions.get(name) ?? expect.unreachable(whole));
}

describe('parameters of the Windows documents', () => {
  let reader: PowerShellReader;
  beforeAll(async () => {
    reader = await createPowerShellReader();
  });

  /** What the script of a document reads, by parameter: the pattern it checks and the longest value. */
  const readAccessors = (stem: string) => {
    const { calls } = reader.readWhole(`${stem}.ps1`);
    const whole = windowsScripts[stem] ?? '';
    const definitions = readDefinitions([whole]);
    const accessors = calls.filter(({ name, values }) => name.startsWith('Read-') && /^'\w+'$/.test(values[0] ?? ''));
    return accessors.flatMap(({ name, values }) => {
      const [parameter = '', second = '', third] = values;
      const key = parameter.slice(1, -1);
      const list = (token: string) => `^(${token}( ${token})*)?$`;
      if (name === 'Read-Parameter') return [{ key, pattern: evaluate(second, definitions), longest: Number(third) }];
      if (name === 'Read-List') return [{ key, pattern: list(evaluate(second, definitions)), longest: Number(third) }];
      if (name === 'Read-CidrList') {
        return [{ key, pattern: list(evaluate('$cidrToken', definitions)), longest: Number(second) }];
      }
      return [];
    });
  };

  it.for(stems)(
    'are read through the one function that checks them, each once and as long as declared, in %s',
    (stem) => {
      const script = windowsScripts[stem] ?? '';
      const declared = documents[stem]?.parameters ?? {};
      const read = readAccessors(stem).map(({ key, longest }) => `${key} ${longest}`);

      // The sensor that is installed reads no parameters; what it is told stands in a file.
      expect(script.match(/SSM_\w*/g)).toEqual(['SSM_']);
      expect(script.match(/\$env:\w+|GetEnvironmentVariable\([^)]*\)/g)).toEqual([
        'GetEnvironmentVariable("SSM_$Name")',
        "GetEnvironmentVariable('CF_STATE_DIR')",
      ]);
      expect(read.toSorted()).toEqual(
        Object.entries(declared)
          .map(([key, { maxChars }]) => `${key} ${maxChars}`)
          .toSorted(),
      );
    },
  );

  it.for(stems)(
    'are refused by API and script alike when they are hostile, and taken when they are good, in %s',
    (stem) => {
      const declared = documents[stem]?.parameters ?? {};
      const faults = readAccessors(stem).flatMap(({ key, pattern, longest }) => {
        const rule = declared[key];
        if (rule === undefined) return [`${key} is not declared`];
        const passesApi = (value: string) =>
          value.length >= rule.minChars && value.length <= rule.maxChars && new RegExp(rule.allowedPattern).test(value);
        const passesScript = (value: string) =>
          // oxlint-disable-next-line no-control-regex -- the script refuses them, whatever the pattern says
          value.length <= longest && !/[\x00-\x1f]/.test(value) && new RegExp(pattern).test(value);
        return [
          ...[...injections, ...(hostile[key] ?? [`no hostile values of ${key}`])].flatMap((value) =>
            passesScript(value) || passesApi(value) ? [`${key} takes ${value.slice(0, 60)}`] : [],
          ),
          ...(good[key] ?? [`no good values of ${key}`])
            .filter((value) => value.length >= rule.minChars)
            .flatMap((value) =>
              passesScript(value) && passesApi(value) ? [] : [`${key} refuses ${value.slice(0, 60)}`],
            ),
        ];
      });

      expect(faults).toEqual([]);
    },
  );

  it('fit into a document of 64 KB, with room for what they hold', () => {
    const sizes = Object.entries(documents).map(([stem, content]) => ({ stem, bytes: JSON.stringify(content).length }));

    expect(sizes.filter(({ bytes }) => bytes > 54 * 1024)).toEqual([]);
  });

  it.for(stems)('are of a document that says it was not run on Windows: %s', (stem) => {
    const folder = join(import.meta.dirname, '../../documents');

    expect(readFileSync(join(folder, `${stem}.ts`), 'utf8')).toContain('not run on Windows');
    expect(readFileSync(join(folder, 'windows/README.md'), 'utf8')).toContain('not run on Windows');
  });
});
