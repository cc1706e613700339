import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { revokeSecurityGroups } from '../../../../../lambdas/shared/actions/revoke-security-groups/revoke-security-groups.ts';
import { GuardRefusedError, ThrottledError } from '../../../../../lambdas/shared/errors.ts';
import { letThrough } from '../../../../builders/let-through.ts';
import { NetworkBench } from '../../../../builders/network-bench.ts';
import { addServer, server, vpcId } from '../../../../lab/services/ec2/ec2-lab.ts';

const twin = 'i-0000000000000000b';

describe('the calls of a network cut', () => {
  let bench: NetworkBench;
  beforeEach(async () => {
    bench = await NetworkBench.start();
  });
  afterEach(async () => bench.lab.gateway.stop());

  it('makes as many calls at once as EC2 takes in one burst, and few beside each other after that', async () => {
    const addresses = Array.from({ length: 125 }, (_, index) => `10.0.0.${10 + index}`);
    const interfaces = addresses.map((privateIpAddress) => ({ privateIpAddress, groupIds: [bench.web] }));
    bench.lab.ec2.addInstance({ instanceId: server, vpcId, networkInterfaces: interfaces });
    const context = bench.context();
    const { changes } = await bench.action.plan(context);
    const widths: number[] = [];
    let underWay = 0;
    const beside = async (work: Promise<unknown>) => {
      underWay += 1;
      widths.push(underWay);
      await work;
      underWay -= 1;
    };

    // The guard is asked once a call, right before it: whoever waits there is under way.
    await bench.action.apply(changes, context, async () => beside(new Promise((resolve) => setTimeout(resolve, 5))));

    expect(widths).toHaveLength(125);
    expect(Math.max(...widths.slice(0, 100))).toBe(100);
    // By then all of the burst are done.
    expect(Math.max(...widths.slice(115))).toBeLessThanOrEqual(10);
  });

  it('lets no interface of the burst keep those behind it waiting', async () => {
    const addresses = Array.from({ length: 103 }, (_, index) => `10.0.0.${10 + index}`);
    const interfaces = addresses.map((privateIpAddress) => ({ privateIpAddress, groupIds: [bench.web] }));
    bench.lab.ec2.addInstance({ instanceId: server, vpcId, networkInterfaces: interfaces });
    const context = bench.context();
    const { changes } = await bench.action.plan(context);
    const asked: string[] = [];
    const { promise: allAsked, resolve } = Promise.withResolvers<void>();

    await bench.action.apply(changes, context, async ({ target }) => {
      asked.push(target);
      if (asked.length === changes.length) resolve();
      if (target === changes[5]?.target) await allAsked;
    });

    expect(asked).toHaveLength(103);
    expect(changes.map(({ target }) => bench.groupsOf(target))).toEqual(changes.map(() => [bench.groups.quarantine]));
  });

  it('leaves for the next try what comes when time is over', async () => {
    const interfaces = ['10.0.0.10', '10.0.0.11'].map((privateIpAddress) => ({
      privateIpAddress,
      groupIds: [bench.web],
    }));
    bench.lab.ec2.addInstance({ instanceId: server, vpcId, networkInterfaces: interfaces });
    const { changes } = await bench.action.plan(bench.context());
    const before = bench.operations().length;
    // Time runs out between the deadline that is set and the first call.
    const times = [0, 1e6, 1e6];
    const late = revokeSecurityGroups({
      ec2: bench.lab.client,
      quarantine: { [vpcId]: bench.groups },
      timing: { nowMs: () => times.shift() ?? 1e6, sleep: async () => Promise.resolve() },
    });

    await expect(late.apply(changes, bench.context(), letThrough)).rejects.toThrow(ThrottledError);

    expect(bench.operations()).toHaveLength(before);
  });

  it('asks the guard before each try, and leaves alone what it refuses by then', async () => {
    const [first, second] = [
      addServer(bench.lab.ec2, [bench.web]),
      addServer(bench.lab.ec2, [bench.web], twin, '10.0.0.11'),
    ];
    const both = bench.context({ servers: [server, twin] });
    const { changes } = await bench.action.plan(both);
    bench.failWhen('ModifyNetworkInterfaceAttribute', 'RequestLimitExceeded', { part: first, times: 3 });
    const asked: string[] = [];

    const remarks = await bench.action.apply(changes, both, async ({ target }) => {
      asked.push(target);
      // The SDK's own tries come first: the second question follows three refusals.
      if (asked.filter((one) => one === first).length > 1) throw new GuardRefusedError('it is a lifeline by now');
      return Promise.resolve();
    });

    expect(asked.toSorted()).toEqual([first, first, second].toSorted());
    expect(remarks).toEqual([{ target: first, reason: 'GuardRefusedError: it is a lifeline by now' }]);
    expect(bench.groupsOf(first)).toEqual([bench.web]);
    expect(bench.groupsOf(second)).toEqual([bench.groups.quarantine]);
  });

  it('asks for every rule of a group, and revokes none where it is refused one', async () => {
    addServer(bench.lab.ec2, [bench.web]);
    const context = bench.context({ cut: { scope: 'ports', ports: [22, 443] } });
    const { changes } = await bench.action.plan(context);
    const before = bench.operations().length;

    const remarks = await bench.action.apply(changes, context, async ({ target }) => {
      if (target === changes.at(-1)?.target) throw new GuardRefusedError('no');
      return Promise.resolve();
    });

    expect(changes.length).toBeGreaterThan(0);
    expect(remarks).toHaveLength(1);
    expect(bench.operations().slice(before)).toEqual([]);
  });
});
