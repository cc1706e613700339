import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LookupFailedError, ThrottledError } from '../../../../../lambdas/shared/errors.ts';
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
