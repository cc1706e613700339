import { afterEach, describe, expect, it } from 'vitest';
import { killConnectionsScript } from '../../documents/kill-connections.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import { instanceId, peer, realHosts, runKill, runShell, startServer, wrapScript } from './run-document.ts';

let world: HostWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const echoServer = `require('net').createServer((s) => s.on('error', () => {}).pipe(s)).listen(80, () => console.log('ready'))`;

/**
 * A host with a container as the common engines make it: a network namespace behind the host that publishes its port
 * 80 as 9090. The host has a pid namespace of its own, as only the network namespace of process 1 counts as a host.
 */
const startHost = `
mkdir -p "$CF_STATE_DIR"
cat >"$CF_STATE_DIR/host.sh" <<'HOST'
echo 1 >/proc/sys/net/ipv4/ip_forward
nft -f - <<'NFT'
table ip engine {
  chain publish { type nat hook prerouting priority -100; tcp dport 9090 dnat to 172.17.0.2:80; }
  chain hide { type nat hook postrouting priority 100; ip saddr 172.17.0.0/16 oifname eth0 masquerade; }
}
NFT
mkfifo "$CF_STATE_DIR/go"
unshare -n bash -c 'read -r _ <"$CF_STATE_DIR/go"; exec "$0" -e "$1"' ${process.execPath} "${echoServer}" >"$CF_STATE_DIR/ready" &
container=$!
while [[ /proc/$container/ns/net -ef /proc/self/ns/net ]]; do sleep 0.01; done
ip link add docker0 type veth peer name eth0 netns $container
ip address add 172.17.0.1/16 dev docker0
ip link set docker0 up
nsenter "--net=/proc/$container/ns/net" ip -batch - <<'BATCH'
link set lo up
address add 172.17.0.2/16 dev eth0
link set eth0 up
route add default via 172.17.0.1
BATCH
echo go >"$CF_STATE_DIR/go"
wait
HOST
export CF_STATE_DIR
setsid unshare -pf --kill-child --mount-proc bash "$CF_STATE_DIR/host.sh" >/dev/null 2>"$CF_STATE_DIR/host.err" </dev/null &
unshare=$!
for ((tries = 0; tries < 200; tries++)); do
  [[ ! -s $CF_STATE_DIR/ready ]] || break
  sleep 0.05
done
[[ -s $CF_STATE_DIR/ready ]] || { cat "$CF_STATE_DIR/host.err"; exit 1; }
cat "/proc/$unshare/task/$unshare/children" >"$CF_STATE_DIR/host.pid"
ss -tnHK state established 'sport = :9090' >/dev/null
`;

const killOnHost = wrapScript(
  killConnectionsScript,
  'exec nsenter --target "$(tr -d " " <"$CF_STATE_DIR/host.pid")" --pid --mount bash "$inner"',
);

describe.skipIf(!realHosts.possible)('kill-connections on a host with containers', () => {
  it('cuts connections inside the containers too, and keeps golden ones behind a published port', async () => {
    world = await startServer([
      peer({ name: 'stranger', port: 9090 }),
      peer({ name: 'golden', address: '10.20.0.5', port: 9090, golden: true }),
    ]);
    await runShell(world, startHost);
    const behindThePort = await world.reconnect(instanceId);
    const onTheHost = await world.count(instanceId);
    await world.watch(instanceId);

    const { verdict } = await runKill(world, { golden: 'in@10.20.0.0/16@9090' }, killOnHost);

    expect(behindThePort.map(({ established }) => established)).toEqual([5, 5]);
    expect(onTheHost.map(({ established }) => established)).toEqual([0, 0]);
    expect(verdict).toMatchObject({ ok: true, survivors: 0, error: '' });
    expect(verdict.cut).toBeGreaterThanOrEqual(5);
    expect(await world.goldenLost(instanceId)).toBe(0);
    expect((await world.reconnect(instanceId)).map((count) => count.peer)).toEqual(['golden']);
  });
});
