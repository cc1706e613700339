import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { shedConnectionsScript } from '../../documents/shed-connections.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import {
  countByPeer,
  instanceId,
  peer,
  quickShedScript,
  realHosts,
  replaceTool,
  runShed,
  runShell,
  startServer,
  wrapScript,
} from './run-document.ts';

const byPort = { classes: 'batch@port:8084 web@port:8080', load: 'connections', highMark: '90', lowMark: '60' };

/** Lets every second look at the CPUs find as many percent busy as the lowest class has connections. */
const cpuOfConnections = `
n=\\$(ss -tnH state established 'sport = :8084' | wc -l)
read -r _ busy _ _ idle _ <"$CF_STATE_DIR/stat"
echo "cpu  \\$((busy + n)) 0 0 \\$((idle + 100 - n)) 0 0 0 0 0 0" >"$CF_STATE_DIR/stat"
exec $real 0.2`;

describe.skipIf(!realHosts.possible)('shed-connections in special surroundings', () => {
  let world: HostWorld;
  beforeAll(async () => {
    world = await startServer([
      peer({ name: 'batch', port: 8084, connections: 95 }),
      peer({ name: 'web', address: '198.51.100.1' }),
    ]);
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    await runShell(world, 'nft flush ruleset; rm -rf "$CF_STATE_DIR"; mkdir -p "$CF_STATE_DIR"');
    await world.reconnect(instanceId);
  });

  it('brings the CPU under its low mark, and looks again after each round', async () => {
    const script = replaceTool(shedConnectionsScript, 'sleep', cpuOfConnections).replace(
      "'mount --bind",
      `'echo "cpu  1000 0 0 1000 0 0 0 0 0 0" >"$CF_STATE_DIR/stat" && mount --bind "$CF_STATE_DIR/stat" /proc/stat && mount --bind`,
    );

    const { verdict } = await runShed(world, { ...byPort, load: 'cpu', maxPercentPerRound: '20' }, script);

    expect(verdict).toMatchObject({
      ok: true,
      state: 'shed',
      before: 95,
      lowMark: 60,
      perClass: { batch: verdict.cut },
    });
    expect(verdict.cut).toBe(95 - verdict.after);
    expect([55, 56, 57, 58, 59, 60]).toContain(verdict.after);
    expect(verdict.rounds).toBeGreaterThan(1);
    expect(await countByPeer(world)).toEqual({ batch: verdict.after, web: 5 });
  });

  it('tells connections by control group, those of the groups below it too', async () => {
    const tag =
      '/:8084 /s#cgroup:/ #cgroup:/system.slice/batch.service/worker #; /:8080 /s#cgroup:/ #cgroup:/system.slice/batch.services #';
    const script = replaceTool(quickShedScript, 'ss', `$real "\\$@" | sed '${tag}'`);
    const classes = 'batch@cgroup:/system.slice/batch.service web@port:8080';

    const { verdict } = await runShed(world, { ...byPort, classes }, script);

    expect(verdict).toMatchObject({ ok: true, before: 100, after: 60, perClass: { batch: 40 } });
    expect((await world.reconnect(instanceId)).map(({ peer: name }) => name)).toEqual(['web']);
  });

  it('does not believe an ss that prints sockets as killed and kills none', async () => {
    const script = replaceTool(quickShedScript, 'ss', 'exec $real "\\${@/-tnHKOe/-tnHOe}"');

    const { exitCode, verdict } = await runShed(world, byPort, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, cut: 0, survivors: 40, blocked: true });
    expect(verdict.error).toContain('SOCK_DESTROY');
  });

  it('reports a lost CAP_NET_ADMIN and a missing tool, with nothing blocked', async () => {
    const powerless = wrapScript(
      quickShedScript,
      'exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin bash "$inner"',
    );
    const toolless = wrapScript(
      quickShedScript,
      `export inner; tool=$(readlink -f "$(type -P sort)")
       export tool; exec unshare -m bash -c 'mount --bind /dev/null "$tool" && exec bash "$inner"'`,
    );

    const runs = [await runShed(world, byPort, powerless), await runShed(world, byPort, toolless)];

    expect(runs.map(({ exitCode }) => exitCode)).toEqual([77, 69]);
    expect(runs.map(({ verdict }) => [verdict.ok, verdict.blocked, verdict.cut])).toEqual([
      [false, false, 0],
      [false, false, 0],
    ]);
    expect(await runShell(world, 'nft list ruleset')).toBe('');
  });

  it('changes nothing when nft refuses the table, nor when sockets cannot be listed', async () => {
    const refusing = replaceTool(
      quickShedScript,
      'nft',
      '[[ \\$1 != -f ]] || set -- -f /dev/null/nothing\nexec $real "\\$@"',
    );
    const complaining = replaceTool(quickShedScript, 'ss', '[[ \\$1 != *i* ]] || echo oops >&2\nexec $real "\\$@"');

    const runs = [await runShed(world, byPort, refusing), await runShed(world, byPort, complaining)];

    expect(runs.map(({ exitCode }) => exitCode)).toEqual([70, 65]);
    expect(runs.map(({ verdict }) => [verdict.ok, verdict.blocked, verdict.cut])).toEqual([
      [false, false, 0],
      [false, false, 0],
    ]);
    expect(await countByPeer(world)).toEqual({ batch: 95, web: 5 });
  });

  it('gives up at its deadline and says what it has cut by then', async () => {
    const values = { ...byPort, deadlineSeconds: '2', maxPercentPerRound: '5', maxRounds: '5' };

    const oversleep = '[[ -e "$CF_STATE_DIR/slept" ]] && exec $real 9\n: >"$CF_STATE_DIR/slept"\nexec $real 0.2';
    const script = replaceTool(shedConnectionsScript, 'sleep', oversleep);

    const { exitCode, verdict } = await runShed(world, values, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 75, ok: false, rounds: 1, cut: 5, blocked: true });
    expect(verdict.error).toContain('Deadline of 2 s passed');
    expect(await countByPeer(world)).toEqual({ batch: 90, web: 5 });
  });
});
