import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { killConnectionsScript } from '../../documents/kill-connections.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import {
  countByPeer,
  instanceId,
  peer,
  realHosts,
  replaceTool,
  runKill,
  runShell,
  startServer,
  wrapScript,
} from './run-document.ts';

describe.skipIf(!realHosts.possible)('kill-connections in trouble', () => {
  let world: HostWorld;
  beforeAll(async () => {
    world = await startServer([peer()]);
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    // A test without a kill leaves half-open sockets behind: their peers were reset, the server never heard of it.
    await runShell(world, 'nft flush ruleset; rm -rf "$CF_STATE_DIR"; ss -tnHK state connected >/dev/null');
    await world.reconnect(instanceId);
  });

  it('reports a lost CAP_NET_ADMIN, with nothing blocked', async () => {
    const script = wrapScript(
      killConnectionsScript,
      'exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin bash "$inner"',
    );

    const { exitCode, verdict } = await runKill(world, {}, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 77, ok: false, blocked: false });
    expect(verdict.error).toContain('CAP_NET_ADMIN');
    expect(await countByPeer(world)).toEqual({ stranger: 5 });
  });

  it.for(['nft', 'ss', 'ip', 'awk'])('reports that %s is missing, with nothing blocked', async (tool) => {
    const script = wrapScript(
      killConnectionsScript,
      `export inner; tool=$(readlink -f "$(type -P ${tool})")
       export tool; exec unshare -m bash -c 'mount --bind /dev/null "$tool" && exec bash "$inner"'`,
    );

    const { exitCode, verdict } = await runKill(world, {}, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 69, ok: false, blocked: false });
    expect(verdict.error).toBe(`Tool '${tool}' is missing on this host`);
    expect(await runShell(world, 'nft list ruleset')).toBe('');
  });

  it('does not believe an ss that prints sockets as killed and kills none', async () => {
    const script = replaceTool(killConnectionsScript, 'ss', 'exec $real "\\${@/-tnHKOe/-tnHOe}"');

    const { exitCode, verdict } = await runKill(world, {}, script);

    expect({ exitCode, ...verdict }).toMatchObject({
      exitCode: 1,
      ok: false,
      selected: 5,
      cut: 0,
      survivors: 5,
      blocked: true,
    });
    expect(verdict.error).toContain('SOCK_DESTROY');
  });

  it('takes any word of ss on stderr for a failure, even when every socket is gone', async () => {
    const script = replaceTool(
      killConnectionsScript,
      'ss',
      '[[ $1 != *K* ]] || echo "SOCK_DESTROY answers: \\"no\\"" >&2\nexec $real "\\$@"'.replace('$1', '\\$1'),
    );

    const { exitCode, verdict } = await runKill(world, {}, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 70, ok: false, cut: 5, survivors: 0, blocked: true });
    expect(verdict.error).toContain('SOCK_DESTROY answers:  no');
  });

  it('gives up at its deadline and says that the block stands', async () => {
    const script = replaceTool(
      killConnectionsScript,
      'ss',
      '[[ $1 != *K* ]] || sleep 5\nexec $real "\\$@"'.replace('$1', '\\$1'),
    );

    const { exitCode, verdict } = await runKill(world, { deadlineSeconds: '1' }, script);

    expect(exitCode).not.toBe(0);
    expect(verdict).toMatchObject({ ok: false, cut: 0, blocked: true });
    expect(await runShell(world, 'nft list tables')).toContain('connection_fuse_inc_1');
  });

  it('changes nothing when nft refuses the table', async () => {
    const script = replaceTool(
      killConnectionsScript,
      'nft',
      '[[ $1 != -f ]] || set -- -f /dev/null/nothing\nexec $real "\\$@"'.replace('$1', '\\$1'),
    );

    const { exitCode, verdict } = await runKill(world, {}, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 70, ok: false, blocked: false, cut: 0 });
    expect(await countByPeer(world)).toEqual({ stranger: 5 });
  });
});
