import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GuardRefusedError, LookupFailedError, ThrottledError } from '../../../../../lambdas/shared/errors.ts';
import { revokeSecurityGroups } from '../../../../../lambdas/shared/actions/revoke-security-groups/revoke-security-groups.ts';
import { addServer, server, vpcId } from '../../../../lab/services/ec2/ec2-lab.ts';
import { NetworkBench } from '../../../../builders/network-bench.ts';
import { letThrough } from '../../../../builders/let-through.ts';

const twin = 'i-0000000000000000b';

describe('revoke-security-groups of a whole server', () => {
  let bench: NetworkBench;
  beforeEach(async () => {
    bench = await NetworkBench.start();
  });
  afterEach(async () => bench.lab.gateway.stop());

  it('moves every interface to quarantine in one call each, after one read depth', async () => {
    const enis = bench.lab.ec2.addInstance({
      instanceId: server,
      vpcId,
      networkInterfaces: ['10.0.0.10', '10.0.0.11', '10.0.0.12'].map((privateIpAddress) => ({
        privateIpAddress,
        groupIds: [bench.web],
      })),
    });

    const changes = await bench.cut(bench.context());

    expect(bench.operations()).toEqual([
      'DescribeNetworkInterfaces',
      'DescribeSecurityGroupRules',
      ...enis.map(() => 'ModifyNetworkInterfaceAttribute'),
    ]);
    expect(enis.map((eni) => bench.groupsOf(eni))).toEqual(enis.map(() => [bench.groups.quarantine]));
    expect(changes[1]?.before).toEqual({
      kind: 'interface',
      groups: [bench.web],
      vpcId,
      deviceIndex: 1,
      networkCardIndex: 0,
    });
    expect((await bench.action.verify(changes, bench.context())).every(({ held }) => held)).toBe(true);
  });

  it('is at no moment more open than before, and has nothing open to everyone in either family', async () => {
    const eni = addServer(bench.lab.ec2, [bench.web]);

    await bench.cut(bench.context());

    const rules = bench.lab.told.flatMap(({ firewall }) => JSON.stringify(firewall));
    expect(rules.filter((text) => text.includes('0.0.0.0/0') || text.includes('::/0'))).toEqual([]);
    expect(bench.groupsOf(eni)).toEqual([bench.groups.quarantine]);
  });

  it('reads the rules of a group that the assessment did not see', async () => {
    const eni = addServer(bench.lab.ec2, [bench.web]);

    await bench.cut(bench.context({ securityGroupHints: [] }));

    expect(bench.operations().filter((name) => name === 'DescribeSecurityGroupRules')).toHaveLength(2);
    expect(bench.groupsOf(eni)).toEqual([bench.groups.quarantine]);
  });

  it('cannot cut in a VPC without quarantine groups, and says so', async () => {
    const eni = addServer(bench.lab.ec2, [bench.web]);
    bench.action = bench.build({});

    const { changes, unable } = await bench.action.plan(bench.context());

    expect(changes).toEqual([]);
    expect(unable).toEqual([{ target: eni, reason: `VPC "${vpcId}" has no quarantine groups` }]);
  });

  it('does not touch interfaces of AWS services, and says that they stay open', async () => {
    const eni = addServer(bench.lab.ec2, [bench.web]);
    const card = bench.lab.ec2.model.networkInterfaces.get(eni);
    if (card !== undefined) bench.lab.ec2.model.networkInterfaces.set(eni, { ...card, requesterManaged: true });

    const { changes, unable } = await bench.action.plan(bench.context());

    expect(changes).toEqual([]);
    expect(unable).toEqual([{ target: eni, reason: expect.stringContaining('managed by an AWS service') as string }]);
  });

  it('says of which servers no interface was found', async () => {
    addServer(bench.lab.ec2, [bench.web]);

    const { changes, unable } = await bench.action.plan(bench.context({ servers: [server, twin] }));

    expect(changes).toHaveLength(1);
    expect(unable).toEqual([{ target: twin, reason: 'No interface could be moved' }]);
  });

  it('goes on with the others when one interface fails, and reads back which', async () => {
    const [first, second] = [
      addServer(bench.lab.ec2, [bench.web]),
      addServer(bench.lab.ec2, [bench.web], twin, '10.0.0.11'),
    ];
    const both = bench.context({ servers: [server, twin] });
    bench.failWhen('ModifyNetworkInterfaceAttribute', 'UnauthorizedOperation', { part: first });

    const { changes } = await bench.action.plan(both);
    const remarks = await bench.action.apply(changes, both, letThrough);
    const seen = await bench.action.verify(changes, both);

    expect(remarks.map(({ target }) => target)).toEqual([first]);
    expect(seen.map(({ target, held }) => [target, held])).toEqual([
      [first, false],
      [second, true],
    ]);
  });

  it('tries a throttled interface again until it is cut', async () => {
    const eni = addServer(bench.lab.ec2, [bench.web]);
    bench.failWhen('ModifyNetworkInterfaceAttribute', 'RequestLimitExceeded', { times: 4 });

    await bench.cut(bench.context());

    expect(bench.groupsOf(eni)).toEqual([bench.groups.quarantine]);
    expect(bench.operations().filter((name) => name === 'ModifyNetworkInterfaceAttribute')).toHaveLength(5);
  });

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

  it.each(['InternalError', 'Unavailable', 'RequestTimeout'])(
    'tries an interface again that EC2 answers with %s, and gives up with an error that is retried',
    async (code) => {
      const eni = addServer(bench.lab.ec2, [bench.web]);
      const { changes } = await bench.action.plan(bench.context());
      bench.failWhen('ModifyNetworkInterfaceAttribute', code);
      await expect(bench.action.apply(changes, bench.context(), letThrough)).rejects.toThrow(LookupFailedError);
      bench.failWhen('ModifyNetworkInterfaceAttribute', code, { times: 4 });

      await bench.action.apply(changes, { ...bench.context(), resumed: true }, letThrough);

      expect(bench.groupsOf(eni)).toEqual([bench.groups.quarantine]);
    },
  );

  it('gives up with ThrottledError in time, and the next try touches only what is left', async () => {
    const [first, second] = [
      addServer(bench.lab.ec2, [bench.web]),
      addServer(bench.lab.ec2, [bench.web], twin, '10.0.0.11'),
    ];
    const both = bench.context({ servers: [server, twin] });
    bench.failWhen('ModifyNetworkInterfaceAttribute', 'RequestLimitExceeded', { part: first });
    const { changes } = await bench.action.plan(both);
    await expect(bench.action.apply(changes, both, letThrough)).rejects.toThrow(ThrottledError);
    bench.lab.gateway.setIntercept(undefined);
    const before = bench.lab.gateway.calls.length;

    await bench.action.apply(changes, { ...both, resumed: true }, letThrough);

    const after = bench.lab.gateway.calls.slice(before).map(({ operation }) => operation);
    expect(after).toEqual(['DescribeNetworkInterfaces', 'ModifyNetworkInterfaceAttribute']);
    expect([first, second].map((eni) => bench.groupsOf(eni))).toEqual([
      [bench.groups.quarantine],
      [bench.groups.quarantine],
    ]);
  });

  it('does not touch an interface on a later try that someone else changed meanwhile', async () => {
    const eni = addServer(bench.lab.ec2, [bench.web]);
    const { changes } = await bench.action.plan(bench.context());
    const card = bench.lab.ec2.model.networkInterfaces.get(eni);
    if (card !== undefined) card.groupIds = [bench.groups.sealed];

    await bench.action.apply(changes, { ...bench.context(), resumed: true }, letThrough);

    expect(bench.groupsOf(eni)).toEqual([bench.groups.sealed]);
    expect((await bench.action.verify(changes, bench.context()))[0]?.held).toBe(false);
  });

  it('makes no call for an interface that already is in quarantine, and still holds it', async () => {
    addServer(bench.lab.ec2, [bench.groups.quarantine]);

    const changes = await bench.cut(bench.context({ securityGroupHints: [bench.groups.quarantine] }));

    expect(bench.operations()).not.toContain('ModifyNetworkInterfaceAttribute');
    expect((await bench.action.verify(changes, bench.context())).map(({ held }) => held)).toEqual([true]);
  });

  it('counts an interface that is gone as cut', async () => {
    const eni = addServer(bench.lab.ec2, [bench.web]);
    const { changes } = await bench.action.plan(bench.context());
    bench.lab.ec2.model.networkInterfaces.delete(eni);

    await bench.action.apply(changes, bench.context(), letThrough);

    expect(await bench.action.verify(changes, bench.context())).toMatchObject([
      { held: true, reason: 'Interface is gone' },
    ]);
  });

  it('turns a failed read into an error, never into an empty plan', async () => {
    bench.failWhen('DescribeSecurityGroupRules', 'InternalError');

    await expect(bench.action.plan(bench.context())).rejects.toThrow(LookupFailedError);
  });
});
