import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockConnectionsScript } from '../../documents/block-connections.ts';
import { collectStateScript } from '../../documents/collect-state.ts';
import type { CommandResult, HostWorld } from '../../lab/hosts/host-world.ts';
import { instanceId, peer, realHosts, runShell, startServer, wrapScript } from './run-document.ts';
import { enterHost, layHost } from './unit-host.ts';

/** The verdict, as far as tests look at it. */
interface State {
  readonly ok: boolean;
  readonly listening: number | null;
  readonly established: number | null;
  readonly ports: readonly (readonly [number, number])[];
  readonly load: readonly number[] | null;
  readonly memoryKib: { readonly total: number; readonly available: number } | null;
  readonly timeZone: { readonly offset: string; readonly name: string | null; readonly synchronized: boolean | null };
  readonly clockOffsetSeconds: number | null;
  readonly failedUnits: { readonly count: number; readonly names: readonly string[] } | null;
  readonly tables: { readonly count: number; readonly names: readonly string[] } | null;
  readonly kernel: string;
  readonly agent: string | null;
  readonly missing: readonly string[];
  readonly socketDestroy: boolean | null;
  readonly listFile: string;
  readonly listDigest: string;
  readonly error: string;
}

describe.skipIf(!realHosts.possible)('collect-state on a real host', () => {
  let world: HostWorld;
  beforeAll(async () => {
    // 25 peers: port 8001 has one connection, port 8025 has 25.
    world = await startServer(
      Array.from({ length: 25 }, (_, n) =>
        peer({ name: `p${n}`, address: `203.0.113.${n + 1}`, port: 8001 + n, connections: n + 1 }),
      ),
    );
    await runShell(world, layHost);
  });
  afterAll(() => world.stop());

  const run = (script: string, environment: Readonly<Record<string, string>>): Promise<CommandResult> =>
    world.runCommand(instanceId, {
      script,
      environment: { SSM_incident: 'inc-1', SSM_deadlineSeconds: '20', ...environment },
      timeoutSeconds: 20,
    });
  const collect = async (script = collectStateScript): Promise<CommandResult & { readonly state: State }> => {
    const result = await run(script, {});
    return { ...result, state: JSON.parse(result.stdout || '{}') as State };
  };
  /** Runs the document with tools of the test's own in front of the machine's. */
  const collectWith = (tools: Readonly<Record<string, string>>) => {
    const files = Object.entries(tools).map(
      ([name, lines]) =>
        `rm -f "$sbin/${name}"; cat >"$sbin/${name}" <<'TOOL'\n#!/bin/bash\n${lines}\nTOOL\nchmod +x "$sbin/${name}"`,
    );
    const preparation = [
      'sbin=$CF_STATE_DIR/sbin',
      'rm -rf "$sbin"',
      'cp -a "$(dirname "$CF_STATE_DIR")/sbin" "$sbin"',
    ];
    return collect(wrapScript(collectStateScript, [...preparation, ...files, enterHost].join('\n')));
  };

  it('counts sockets by port, the busiest twenty first', async () => {
    const listening = await runShell(world, 'ss -tlnH | wc -l');

    const { exitCode, state } = await collect();

    expect({ exitCode, ok: state.ok, error: state.error }).toEqual({ exitCode: 0, ok: true, error: '' });
    expect(state).toMatchObject({ listening: Number(listening), established: (25 * 26) / 2 });
    expect(state.ports).toEqual(Array.from({ length: 20 }, (_, n) => [8025 - n, 25 - n]));
  });

  it('reads load, memory, zone and kernel of the machine', async () => {
    const [offset, kernel, total] = (
      await runShell(world, 'date +%z; uname -r; awk \'$1 == "MemTotal:" { print $2 }\' /proc/meminfo')
    ).split('\n');

    const { state } = await collect();

    expect(state.kernel).toBe(kernel);
    expect(state.timeZone.offset).toBe(offset);
    expect(state.memoryKib?.total).toBe(Number(total));
    expect(state.load).toHaveLength(3);
  });

  it('kills a connection of its own, and nothing else', async () => {
    const look =
      'nft list ruleset; ss -tanHe | grep -o "sk:[0-9a-f]*" | sort; cat /proc/sys/net/ipv4/ip_local_port_range';
    const before = await runShell(world, look);

    const { state } = await collect();

    expect(state.socketDestroy).toBe(true);
    expect(await runShell(world, look)).toBe(before);
  });

  it.for([
    { what: 'an ss that prints sockets as killed and kills none', lines: 'exec /usr/bin/ss "${@/-tnHK/-tnH}"' },
    {
      what: 'an ss that complains, although the socket is gone',
      lines: '[[ $1 != *K* ]] || echo "SOCK_DESTROY answers: no" >&2\nexec /usr/bin/ss "$@"',
    },
  ])('does not believe $what', async ({ lines }) => {
    const { state } = await collectWith({ ss: lines });

    expect({ ok: state.ok, socketDestroy: state.socketDestroy }).toEqual({ ok: true, socketDestroy: false });
  });

  it('says that it does not know where it could not try', async () => {
    const { exitCode, state } = await collectWith({ unshare: 'echo "unshare failed" >&2\nexit 1' });

    expect({ exitCode, ok: state.ok, socketDestroy: state.socketDestroy, error: state.error }).toEqual({
      exitCode: 1,
      ok: false,
      socketDestroy: null,
      error: 'Cannot read whether sockets can be killed',
    });
  });

  it('names our tables, and keeps their rules in the list', async () => {
    await run(blockConnectionsScript, { SSM_ports: '8001', SSM_ttlSeconds: '0' });
    await runShell(world, 'nft add table inet somebody_else');

    const { state } = await collect();
    const list = await runShell(world, `cat ${state.listFile}; sha256sum <${state.listFile}`);
    await runShell(world, 'nft flush ruleset');

    expect(state.tables).toEqual({ count: 1, names: ['connection_fuse_inc_1'] });
    expect(list).toContain('tcp dport 8001 goto cut_in');
    expect(list).toContain('203.0.113.25');
    expect(list.trim().split('\n').at(-1)).toBe(`${state.listDigest}  -`);
  });

  it('reads clock, units and agent where there are tools to ask', async () => {
    const { state } = await collectWith({
      timedatectl: 'printf "Timezone=Asia/Shanghai\\nNTPSynchronized=yes\\n"',
      chronyc:
        '[[ "$*" == "-c tracking" ]] && echo "A9FEA97B,169.254.169.123,4,1795402800.1,-0.000813,0.1,0.1,1.0,0.0,0.1,0.0003,0.0001,16.2,Normal"',
      systemctl:
        '[[ $1 == list-units ]] && cat <<<"a.service loaded failed failed A"$\'\\n\'"b\\\\x2d.service loaded failed failed B"',
      'amazon-ssm-agent': 'echo "SSM Agent version: 3.3.2746.0"',
    });

    expect(state).toMatchObject({
      ok: true,
      timeZone: { synchronized: true },
      clockOffsetSeconds: -0.000813,
      failedUnits: { count: 2, names: ['a.service', 'b x2d.service'] },
      agent: '3.3.2746.0',
    });
  });

  it('takes nothing for fine that it could not read', async () => {
    const { state } = await collectWith({
      timedatectl: 'echo "System has not been booted with systemd" >&2; exit 1',
      chronyc: 'echo "7F7F0101,,0,0.0,0.000000000,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised"',
      systemctl: 'exit 1',
      'amazon-ssm-agent': 'echo "no version"',
    });

    expect(state).toMatchObject({ clockOffsetSeconds: null, failedUnits: null, agent: null });
    expect(state.timeZone.synchronized).toBeNull();
  });

  it('does not wait for a tool that hangs', async () => {
    // With the document's own patience: a shorter one would also cut off the tools that do answer.
    const { state } = await collectWith({ chronyc: 'exec sleep 100', timedatectl: 'exec sleep 100' });

    expect(state).toMatchObject({ ok: true, clockOffsetSeconds: null, timeZone: { synchronized: null } });
  });

  it('names the tools that are missing', async () => {
    const script = wrapScript(
      collectStateScript,
      `export inner; tool=$(readlink -f "$(type -P nft)")
       export tool; exec unshare -m bash -c 'mount --bind /dev/null "$tool" && exec bash "$inner"'`,
    );

    const { state } = await collect(script);

    expect(state.missing).toContain('nft');
    expect({ ok: state.ok, tables: state.tables }).toEqual({ ok: true, tables: null });
  });

  it('fits into 2,000 characters whatever it finds', async () => {
    const long = 'n'.repeat(250);
    const tables = `for n in {1..9}; do echo "table inet connection_fuse_${'i'.repeat(48)}$n"; done`;

    const { stdout, state } = await collectWith({
      systemctl: `for n in {1..99}; do echo "${long}$n.service loaded failed failed"; done`,
      nft: `[[ $2 == tables ]] && ${tables}`,
      uname: `echo ${long}`,
    });

    expect([state.failedUnits?.count, state.tables?.count]).toEqual([99, 9]);
    expect(stdout.split('\n')).toHaveLength(2);
    // With a deadline or a failure the error has up to 300 characters more.
    expect(stdout.length).toBeLessThan(1700);
  });

  it('reports a lost CAP_NET_ADMIN', async () => {
    const script = wrapScript(
      collectStateScript,
      'exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin bash "$inner"',
    );

    const { exitCode, state } = await collect(script);

    expect({ exitCode, ok: state.ok, socketDestroy: state.socketDestroy }).toEqual({
      exitCode: 77,
      ok: false,
      socketDestroy: null,
    });
  });
});
