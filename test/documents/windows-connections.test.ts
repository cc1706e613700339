import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listBlockRanges } from '../../lambdas/shared/actions/kill-connections/complement-ranges.ts';
import { readRange } from '../../lambdas/shared/actions/revoke-security-groups/address-range.ts';
import { windowsSources } from './windows-syntax.ts';

/** One line of a table of the system. */
interface Socket {
  readonly state: number;
  readonly local: string;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
}

// The C# of the scripts runs here on tables made up for it. SetTcpEntry and GetExtendedTcpTable are Windows's own: they
// are compiled, and nothing else is known of them.
const canRun = ['mcs', 'mono'].every((tool) => spawnSync(tool, ['--version']).status === 0);
if (!canRun) console.warn('Skipped the C# of the Windows documents: mcs and mono are not both there');

const [listening, established, timeWait] = [2, 5, 11];
const harness = `
public static class Harness
{
  static string[] Words(string text) { return text == "" ? new string[0] : text.Split(' '); }

  public static void Main()
  {
    string line;
    while ((line = Console.ReadLine()) != null)
    {
      string[] parts = line.Split('|');
      if (parts[0] == "size") Console.WriteLine(Marshal.SizeOf(typeof(Tables.Row)));
      if (parts[0] == "hit") Console.WriteLine(new Golden(parts[1]).IsHitBy(new Block(parts[2])));
      if (parts[0] == "subtract") Console.WriteLine(AddressSpan.Subtract(parts[1], Words(parts[2])));
      if (parts[0] == "cut") Console.WriteLine(Cut(parts));
    }
  }

  // The list before, the list after, and what the verdict would say of them.
  static string Cut(string[] parts)
  {
    Cutter cutter = new Cutter(Words(parts[1]), Words(parts[2]));
    cutter.Remember(Read(parts[3], parts[4]));
    cutter.Observe(Read(parts[5], parts[6]));
    return string.Join(" ", new object[] { cutter.Selected, cutter.Survivors, cutter.SurvivorsIpv6, cutter.GoldenBefore,
      cutter.CountGoldenLost(), string.Join(";", cutter.ListCut()) });
  }

  static List<Connection> Read(string ipv4, string ipv6)
  {
    List<Connection> all = Tables.ReadIpv4(Convert.FromBase64String(ipv4));
    all.AddRange(Tables.ReadIpv6(Convert.FromBase64String(ipv6)));
    return all;
  }
}
`;

/** The C# between the quotes of a part. */
function readSource(path: string): string {
  return /@'\n([^]*?)\n'@/.exec(windowsSources[path] ?? '')?.[1] ?? '';
}

/** Ports stand in network order in the low half of a word. */
const toWord = (port: number): number => ((port & 0xff) << 8) | (port >> 8);

function toBytes(address: string): Buffer {
  const { family, low } = readRange(address) ?? expect.unreachable(address);
  return Buffer.from(low.toString(16).padStart(family === 'ipv4' ? 8 : 32, '0'), 'hex');
}

/** The two tables as the system lays them out; the place of a socket in the list is its process. */
function toTables(sockets: readonly Socket[]): string {
  const rows = sockets.map((socket, index) => ({ ...socket, process: index }));
  const ipv4 = rows
    .filter(({ local }) => !local.includes(':'))
    .map(({ process, ...socket }) => {
      const row = Buffer.alloc(24);
      row.writeUInt32LE(socket.state, 0);
      toBytes(socket.local).copy(row, 4);
      row.writeUInt32LE(toWord(socket.localPort), 8);
      toBytes(socket.remote).copy(row, 12);
      row.writeUInt32LE(toWord(socket.remotePort), 16);
      row.writeUInt32LE(process, 20);
      return row;
    });
  const ipv6 = rows
    .filter(({ local }) => local.includes(':'))
    .map(({ process, ...socket }) => {
      const row = Buffer.alloc(56);
      toBytes(socket.local).copy(row, 0);
      row.writeUInt32LE(toWord(socket.localPort), 20);
      toBytes(socket.remote).copy(row, 24);
      row.writeUInt32LE(toWord(socket.remotePort), 44);
      row.writeUInt32LE(socket.state, 48);
      row.writeUInt32LE(process, 52);
      return row;
    });
  const toTable = (some: readonly Buffer[]) => {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(some.length);
    return Buffer.concat([count, ...some]).toString('base64');
  };
  return `${toTable(ipv4)}|${toTable(ipv6)}`;
}

const isIn = (address: string, cidr: string): boolean => {
  const [one, all] = [readRange(address), readRange(cidr)];
  return one !== null && all !== null && one.family === all.family && all.low <= one.low && one.low <= all.high;
};

// Close to each other, so that networks and ports meet.
const ipv4 = fc.integer({ min: 1, max: 12 }).map((last) => `10.0.0.${last}`);
const ipv6 = fc.integer({ min: 1, max: 12 }).map((last) => `fd00:0:0:0:0:0:0:${last.toString(16)}`);
const cidr = fc.oneof(
  ipv4,
  ipv6,
  ipv4.map((address) => `${address}/29`),
  ipv6.map((address) => `${address}/125`),
);
const port: fc.Arbitrary<number> = fc.constantFrom(53, 80, 443, 50_000);
const channel = fc
  .tuple(fc.constantFrom('in', 'out'), cidr, fc.oneof(port.map(String), fc.constant('any')))
  .map((parts) => parts.join('@'));
const peer = fc.oneof(
  fc.tuple(fc.constant('192.0.2.1'), fc.oneof(ipv4, fc.constantFrom('169.254.169.254', '203.0.113.7', '192.0.2.1'))),
  fc.tuple(
    fc.constant('2001:db8:0:0:0:0:0:1'),
    fc.oneof(ipv6, fc.constantFrom('fe80:0:0:0:0:0:0:1', '2600:0:0:0:0:0:0:1')),
  ),
);
const socket = fc
  .record({ peer, state: fc.constantFrom(established, established, timeWait, 3, 8), localPort: port, remotePort: port })
  .map(({ peer: [local, remote], ...rest }): Socket => ({ local, remote, ...rest }));
const scene = fc.record({
  targets: fc.record({
    server: fc.boolean(),
    peers: fc.array(cidr, { maxLength: 2 }),
    ports: fc.uniqueArray(port, { maxLength: 2 }),
    golden: fc.array(channel, { maxLength: 3 }),
    agent: fc.array(cidr, { maxLength: 1 }),
  }),
  listeners: fc.uniqueArray(port, { maxLength: 2 }),
  sockets: fc.uniqueArray(socket, { maxLength: 6, selector: (one) => JSON.stringify({ ...one, state: 0 }) }),
});
type Scene = typeof scene extends fc.Arbitrary<infer Value> ? Value : never;

describe.skipIf(!canRun)('the C# of the Windows documents', () => {
  const directory = mkdtempSync(join(tmpdir(), 'connection-fuse-'));
  const program = join(directory, 'harness.exe');
  let compiled: ReturnType<typeof spawnSync>;
  beforeAll(() => {
    const source = join(directory, 'harness.cs');
    const parts = ['parts/blocks.ps1', 'parts/connections.ps1'].map(readSource);
    writeFileSync(source, `${parts.join('\n')}\n${harness}`);
    // Add-Type gives it these two assemblies and no other.
    const options = ['-langversion:5', '-warnaserror', '-noconfig', '-r:System.dll', `-out:${program}`];
    compiled = spawnSync('mcs', [...options, source], { encoding: 'utf8' });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const run = (lines: readonly string[]): string[] => {
    const { stdout, stderr } = spawnSync('mono', [program], { input: `${lines.join('\n')}\n`, encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n');
  };

  it('compiles as C# 5, the language of Windows PowerShell 5.1, without a warning', () => {
    expect(`${String(compiled.stdout)}${String(compiled.stderr)}`).toBe('');
    expect(readFileSync(program).length).toBeGreaterThan(0);
  });

  it('lays out the row that SetTcpEntry takes in 20 bytes', () => {
    expect(run(['size'])).toEqual(['20']);
  });

  it('chooses what is aimed at, and neither golden nor spared', () => {
    const scenes = fc.sample(scene, 300);
    const answers = run(scenes.map((one) => `cut|${listBlockRanges(one.targets)}|${toLine(one)}`));

    expect(answers.map((answer, index) => ({ index, answer: toPlain(answer) }))).toEqual(
      scenes.map((one, index) => ({ index, answer: expectedOf(one) })),
    );
    expect(scenes.map(expectedOf).filter(({ selected }) => selected.length > 0).length).toBeGreaterThan(50);
    expect(scenes.map(expectedOf).filter(({ golden }) => golden > 0).length).toBeGreaterThan(20);
  });

  it('counts what is cut, what survives and what of the golden channels is lost', () => {
    const victim = { state: established, local: '192.0.2.1', localPort: 80, remote: '203.0.113.7', remotePort: 50_000 };
    const sixth = { ...victim, local: '2001:db8:0:0:0:0:0:1', remote: '2600:0:0:0:0:0:0:1' };
    const golden = { ...victim, remote: '10.0.0.1' };
    const listener = { ...victim, state: listening, remote: '192.0.2.1', remotePort: 1 };
    const blocks = listBlockRanges({ server: true, golden: ['in@10.0.0.1@80'], agent: [] });
    const before = toTables([victim, sixth, golden, listener]);
    const after = toTables([{ ...victim, state: timeWait }, sixth, { ...golden, state: timeWait }, listener]);

    const [answer] = run([`cut|${blocks}|in@10.0.0.1@80|${before}|${after}`]);

    expect(answer).toBe('2 1 1 1 1 192.0.2.1:80 203.0.113.7:50000 0');
  });

  it('finds a block that would hit a golden channel, and none in what is computed', () => {
    const scenes = fc.sample(scene, 200).map(({ targets }) => targets);
    const pairs = scenes.flatMap((targets) =>
      [...targets.golden, ...[...targets.agent, '169.254.0.0/16', 'fe80::/10'].map((one) => `in@${one}@any`)].flatMap(
        (one) =>
          listBlockRanges({ ...targets, namedRule: true })
            .split(' ')
            .filter((token) => token !== '')
            .map((token) => `hit|${one}|${token}`),
      ),
    );
    const hits: readonly (readonly [string, string, string])[] = [
      ['in@10.0.0.0/8@80', 'in@tcp@79-81@10.255.255.255', 'True'],
      ['in@10.0.0.0/8@80', 'in@tcp@81@10.255.255.255', 'False'],
      ['in@10.0.0.0/8@80', 'out@any@0-65535@10.0.0.1', 'False'],
      ['in@10.0.0.0/8@any', 'out@any@0-65535@10.0.0.1', 'True'],
      ['in@10.0.0.0/8@80', 'in@any@0-65535@1.0.0.0-255.255.255.255', 'True'],
      ['in@10.0.0.0/8@80', 'in@any@0-65535@11.0.0.0-255.255.255.255', 'False'],
      ['in@fd00::1@80', 'in@any@80@0:0:0:0:0:0:0:2-fd00:0:0:0:0:0:0:1', 'True'],
    ];

    expect(run(pairs).filter((answer) => answer !== 'False')).toEqual([]);
    expect(run(hits.map(([golden, token]) => `hit|${golden}|${token}`))).toEqual(hits.map(([, , answer]) => answer));
  });

  it('takes single addresses out of ranges', () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['10.0.0.0-10.0.0.9', '10.0.0.5', '10.0.0.0-10.0.0.4,10.0.0.6-10.0.0.9'],
      ['10.0.0.0-10.0.0.9', '10.0.0.0 10.0.0.9', '10.0.0.1-10.0.0.8'],
      ['10.0.0.255-10.0.1.0', '10.0.0.255', '10.0.1.0'],
      ['10.0.0.1', '10.0.0.1', ''],
      ['1.0.0.0-255.255.255.255', '255.255.255.255', '1.0.0.0-255.255.255.254'],
      [
        '10.0.0.0-10.0.0.9,fd00:0:0:0:0:0:0:0-fd00:0:0:0:0:0:0:ffff',
        'fd00::1',
        '10.0.0.0-10.0.0.9,fd00:0:0:0:0:0:0:0,fd00:0:0:0:0:0:0:2-fd00:0:0:0:0:0:0:ffff',
      ],
      ['10.0.0.0-10.0.0.9', '10.0.1.5 fd00::1', '10.0.0.0-10.0.0.9'],
    ];

    expect(run(cases.map(([ranges, addresses]) => `subtract|${ranges}|${addresses}`))).toEqual(
      cases.map(([, , left]) => left),
    );
  });
});

/** Golden channels and the tables of a scene; afterwards nothing is left, so that all that was chosen counts as cut. */
function toLine({ targets, listeners, sockets }: Scene): string {
  const idle = listeners.flatMap((localPort): Socket[] => [
    { state: listening, local: '192.0.2.1', localPort, remote: '192.0.2.1', remotePort: 1 },
    { state: listening, local: '2001:db8:0:0:0:0:0:1', localPort, remote: '2001:db8:0:0:0:0:0:1', remotePort: 1 },
  ]);
  return `${targets.golden.join(' ')}|${toTables([...sockets, ...idle])}|${toTables([])}`;
}

/** Selected processes and the number of golden connections, out of a line of the harness. */
function toPlain(answer: string): { readonly selected: readonly number[]; readonly golden: number } {
  const [, , , golden = '', , ...rest] = answer.split(' ');
  const identities = rest
    .join(' ')
    .split(';')
    .filter((identity) => identity !== '');
  return {
    selected: identities.map((identity) => Number(identity.split(' ')[2])).sort((a, b) => a - b),
    golden: Number(golden),
  };
}

/** The same, from what the targets mean. */
function expectedOf({ targets, listeners, sockets }: Scene): ReturnType<typeof toPlain> {
  const connected = sockets.map((one, index) => ({ ...one, index })).filter(({ state }) => state !== timeWait);
  const crossing = connected.filter(({ local, remote }) => local !== remote);
  const judged = crossing.map((one) => {
    const direction = listeners.includes(one.localPort) ? 'in' : 'out';
    const asked = direction === 'in' ? one.localPort : one.remotePort;
    const isGolden = targets.golden.some((text) => {
      const [way, network = '', golden] = text.split('@');
      return isIn(one.remote, network) && (golden === 'any' || (way === direction && golden === String(asked)));
    });
    const spared = [...targets.agent, '127.0.0.0/8', '169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32'];
    const isSpared = spared.some((network) => isIn(one.remote, network));
    const isAimedAt =
      targets.server ||
      targets.peers.some((network) => isIn(one.remote, network)) ||
      (direction === 'in' && targets.ports.includes(one.localPort));
    return { index: one.index, isGolden, isVictim: isAimedAt && !isGolden && !isSpared };
  });
  return {
    selected: judged.filter(({ isVictim }) => isVictim).map(({ index }) => index),
    golden: judged.filter(({ isGolden }) => isGolden).length,
  };
}
