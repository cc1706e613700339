import { afterEach, describe, expect, it } from 'vitest';
import { killConnectionsScript } from '../../documents/kill-connections.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import { peer, realHosts, runShell, startServer, wrapScript } from './run-document.ts';
import type { Verdict } from './run-document.ts';

let world: HostWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/**
 * A container as the common engines make it: a network namespace behind the host, its address translated. It holds one
 * connection to a stranger (3) and one to a golden peer (4), and says after the kill which of them still echoes.
 */
const container = `
set -e
echo 1 >/proc/sys/net/ipv4/ip_forward
nft 'add table ip engine; add chain ip engine post { type nat hook postrouting priority 100; }
add rule ip engine post ip saddr 172.17.0.0/16 oifname eth0 masquerade'
mkfifo "$CF_STATE_DIR/go" "$CF_STATE_DIR/ready"
cat >"$CF_STATE_DIR/inside.sh" <<'INSIDE'
read -r _ <"$CF_STATE_DIR/go"
exec 3<>/dev/tcp/203.0.113.7/5432 4<>/dev/tcp/10.20.0.5/5432
echo ready >"$CF_STATE_DIR/ready"
read -r _ <"$CF_STATE_DIR/go"
for fd in 3 4; do
  trap '' PIPE
  { echo hello >&$fd; } 2>/dev/null
  line=gone
  read -t 2 -r line <&$fd || line=gone
  echo "$fd $line"
done
INSIDE
unshare -n bash "$CF_STATE_DIR/inside.sh" &
container=$!
while [[ /proc/$container/ns/net -ef /proc/self/ns/net ]]; do sleep 0.01; done
ip link add docker0 type veth peer name eth0 netns $container
ip addr add 172.17.0.1/16 dev docker0
ip link set docker0 up
nsenter "--net=/proc/$container/ns/net" ip -batch - <<'BATCH'
link set lo up
addr add 172.17.0.2/16 dev eth0
link set eth0 up
route add default via 172.17.0.1
BATCH
echo go >"$CF_STATE_DIR/go"
read -r _ <"$CF_STATE_DIR/ready"
bash "$inner" || true
echo go >"$CF_STATE_DIR/go"
wait $container
`;

describe.skipIf(!realHosts.possible)('kill-connections on a host with containers', () => {
  it('cuts connections inside the containers too, and keeps their golden ones', async () => {
    world = await startServer([
      peer({ name: 'stranger', direction: 'out', port: 5432, connections: 2 }),
      peer({ name: 'golden', address: '10.20.0.5', direction: 'out', port: 5432, connections: 2, golden: true }),
    ]);
    // Process 1 must stand in the server's network namespace: there and only there the script looks for containers.
    const script = wrapScript(
      killConnectionsScript,
      `cat >"$CF_STATE_DIR/host.sh" <<'HOST'\n${container}\nHOST
       export inner SSM_incident=a SSM_scope=server SSM_ttlSeconds=0 SSM_deadlineSeconds=20 SSM_golden=out@10.20.0.5@5432
       exec unshare -pf --kill-child --mount-proc bash "$CF_STATE_DIR/host.sh"`,
    );

    const [verdict = '', ...afterwards] = (await runShell(world, script)).trim().split('\n');

    expect(JSON.parse(verdict) as Verdict).toMatchObject({
      ok: true,
      selected: 3,
      cut: 3,
      survivors: 0,
      goldenLost: 0,
    });
    expect(afterwards).toEqual(['3 gone', '4 hello']);
  });
});
