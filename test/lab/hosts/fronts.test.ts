import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killConnectionsScript } from '../../../documents/kill-connections.ts';
import { createHostWorld, detectRealHosts } from '../../../lab/hosts/create-host-world.ts';
import type { Firewall, FrontSpec, FrontTarget, HostWorld } from '../../../lab/hosts/host-world.ts';
import { open } from './host-peer.ts';

const realHosts = await detectRealHosts();
if (!realHosts.possible) console.warn(`Tests on real hosts are skipped: ${realHosts.reason}`);

const [primary, standby] = ['10.0.1.20', '10.0.2.20'];
const client = '198.51.100.7';
const to = (address: string, weight = 1): FrontTarget => ({ address, port: 8080, weight });
const all = { fromPort: -1, toPort: -1, protocol: '-1', cidr: '0.0.0.0/0' };
/** Groups that let everything through behind a network ACL that does not. */
const sealed: Firewall = {
  ...open,
  subnet: { cidr: '10.0.1.0/24', ingress: [{ ...all, allows: false }], egress: [{ ...all, allows: false }] },
};

// Both kinds must answer alike: what a scenario learns on a simulated host must hold on a real one.
describe.for([
  { kind: 'real' as const, possible: realHosts.possible },
  { kind: 'simulated' as const, possible: true },
])('fronts of the $kind host world', ({ kind, possible }) => {
  let world: HostWorld;
  beforeEach(async () => {
    if (!possible) return;
    world = await createHostWorld({ force: kind });
    await world.createServer({ instanceId: 'i-1', privateAddress: primary, peers: [] });
    await world.createServer({ instanceId: 'i-2', privateAddress: standby, peers: [] });
    for (const id of ['i-1', 'i-2']) await world.applyFirewall(id, open);
  });
  afterEach(() => world?.stop());

  const openFront = async (change: Partial<FrontSpec>): Promise<void> => {
    const spec = { name: 'orders', kind: 'forwarder' as const, address: '10.250.0.5', port: 8080, clients: 10 };
    await world.openFront({ ...spec, clientAddress: client, instanceIds: ['i-1', 'i-2'], ...change });
    await world.routeFront('orders', [to(primary)]);
  };
  const kill = async (instanceId: string): Promise<void> => {
    const values = { incident: 'a', scope: 'server', ttlSeconds: '0', deadlineSeconds: '20' };
    const environment = Object.fromEntries(Object.entries(values).map(([name, value]) => [`SSM_${name}`, value]));
    await world.runCommand(instanceId, { script: killConnectionsScript, environment, timeoutSeconds: 20 });
  };

  it.skipIf(!possible)('a load balancer shares new connections by weight and leaves those that stand', async () => {
    await openFront({});
    expect(await world.countFront('orders')).toEqual({ 'i-1': 10, 'i-2': 0 });

    await world.routeFront('orders', [to(primary, 9), to(standby, 1)]);

    expect(await world.countFront('orders')).toEqual({ 'i-1': 10, 'i-2': 0 });
    await world.redialFront('orders');
    expect(await world.countFront('orders')).toEqual({ 'i-1': 9, 'i-2': 1 });
  });

  it.skipIf(!possible)('clients that are cut from the primary are on the standby', async () => {
    await openFront({});
    await world.countFront('orders');
    await world.routeFront('orders', [to(standby)]);

    await kill('i-1');

    expect(await world.countFront('orders')).toEqual({ 'i-1': 0, 'i-2': 10 });
  });

  it.skipIf(!possible)('an address takes its connections along when it moves, and leaves none at nobody', async () => {
    await openFront({ kind: 'address', address: '100.64.0.9' });
    expect(await world.countFront('orders')).toEqual({ 'i-1': 10, 'i-2': 0 });

    await world.routeFront('orders', [to(standby)]);

    expect(await world.countFront('orders')).toEqual({ 'i-1': 0, 'i-2': 10 });
    await world.routeFront('orders', []);
    expect(await world.countFront('orders')).toEqual({ 'i-1': 0, 'i-2': 0 });
  });

  it.skipIf(!possible)('a name is looked up at every dial, never for a connection that stands', async () => {
    await openFront({ kind: 'resolver' });
    expect(await world.countFront('orders')).toEqual({ 'i-1': 10, 'i-2': 0 });

    await world.routeFront('orders', [to(standby)]);

    expect(await world.countFront('orders')).toEqual({ 'i-1': 10, 'i-2': 0 });
    await kill('i-1');
    expect(await world.countFront('orders')).toEqual({ 'i-1': 0, 'i-2': 10 });
  });

  it.skipIf(!possible)('a health check hears what the port answers, behind groups and network ACL', async () => {
    await openFront({});
    const check = { from: '10.250.0.5', address: primary, port: 8080 };
    const heard = [await world.probe(check)];

    await world.setListening('i-1', 8080, false);
    heard.push(await world.probe(check));
    await world.setListening('i-1', 8080, true);
    await world.applyFirewall('i-1', { ingress: [], egress: [] });
    heard.push(await world.probe(check));
    await world.applyFirewall('i-1', sealed);
    heard.push(await world.probe(check));
    await world.applyFirewall('i-1', open);
    heard.push(await world.probe(check));

    expect(heard).toEqual([true, false, false, false, true]);
  });

  it.skipIf(!possible)('a network ACL stops answers as well, and nothing inside its subnet', async () => {
    const oneWay = { ...sealed, subnet: { ...sealed.subnet!, ingress: [{ ...all, allows: true }] } };
    await openFront({});
    const outside = { from: '10.250.0.5', address: primary, port: 8080 };
    const inside = { from: '10.0.1.9', address: primary, port: 8080 };

    await world.applyFirewall('i-1', oneWay);

    expect([await world.probe(outside), await world.probe(inside)]).toEqual([false, true]);
  });
});
