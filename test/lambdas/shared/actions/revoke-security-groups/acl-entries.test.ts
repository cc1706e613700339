import type { EC2Client } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../../../lambdas/shared/actions/action.ts';
import { planCut } from '../../../../../lambdas/shared/actions/revoke-security-groups/plan-cut.ts';
import {
  agentAcl,
  agentSubnet,
  thirdSubnet,
  backAcl,
  backSubnet,
  EdgeBench,
  frontAcl,
  openEntries,
  twin,
} from '../../../../builders/edge-bench.ts';
import { server, vpcId } from '../../../../lab/services/ec2/ec2-lab.ts';
import { letThrough } from '../../../../builders/let-through.ts';

const address = '10.0.1.10';
const denies = [`from ${address}/32`, `to ${address}/32`];

describe('denies in network ACLs', () => {
  let edge: EdgeBench;
  beforeEach(async () => {
    edge = await EdgeBench.start();
    edge.addServer(server, address);
  });
  afterEach(async () => edge.bench.lab.gateway.stop());

  const entriesOf = (changes: readonly Change[]) => changes.filter(({ target }) => target.startsWith('acl-'));
  const remarkOn = async (target: string, context = edge.spreading()) =>
    (await edge.plan(context)).leftAlone.find((remark) => remark.target === target)?.reason;

  it('stand in the ACLs of other subnets, in both directions, where a threat spreads', async () => {
    await edge.bench.cut(edge.spreading());

    expect(edge.deniesOf(backAcl)).toEqual(denies);
  });

  it('stand neither in the own subnet, whose traffic they would not meet, nor on the way of the agent', async () => {
    await edge.bench.cut(edge.spreading());

    expect([frontAcl, agentAcl].map((acl) => edge.deniesOf(acl))).toEqual([[], []]);
    expect(await remarkOn(agentAcl)).toContain('has the path of the agent, which the host cut needs');
  });

  it('stand in an ACL that the own subnet shares with another one', async () => {
    edge.bench.lab.ec2.addSubnet({ subnetId: thirdSubnet, vpcId, cidrBlock: '10.0.3.0/24', networkAclId: frontAcl });

    await edge.bench.cut(edge.spreading());

    expect(edge.deniesOf(frontAcl)).toEqual(denies);
  });

  it('are not made, and nothing is read for them, where the threat does not spread', async () => {
    await edge.bench.cut(edge.context());

    expect(edge.deniesOf(backAcl)).toEqual([]);
    expect(edge.bench.operations()).not.toContain('DescribeNetworkAcls');
  });

  it('would cut golden channels too, so a server with one gets none', async () => {
    const context = edge.spreading({ goldenChannels: ['monitoring'] });

    expect(entriesOf((await edge.plan(context)).changes)).toEqual([]);
    expect(await remarkOn('network ACLs', context)).toContain('golden channel "monitoring"');
  });

  it('are not made where the path of the agent is not known to lie in the VPC', async () => {
    edge.bench.lab.ec2.model.subnets.delete(agentSubnet);

    expect(entriesOf((await edge.plan(edge.spreading())).changes)).toEqual([]);
    expect(await remarkOn(vpcId)).toContain('none of its subnets is known to hold the path of the agent');
  });

  it('are not made in an ACL that carries the lifeline tag', async () => {
    edge.bench.lab.ec2.model.setTags(backAcl, { 'connection-fuse:lifeline': 'clearing' });

    expect(entriesOf((await edge.plan(edge.spreading())).changes)).toEqual([]);
    expect(await remarkOn(backAcl)).toBe('Network ACL carries the lifeline tag');
  });

  it.each([
    [17, 2 * 18, undefined],
    [18, 0, 'No room to deny 19 addresses here'],
  ])(
    'are for all addresses of the cohort or for none: with %i more servers %i entries',
    async (count, made, reason) => {
      const more = Array.from({ length: count }, (_, index) => `i-0000000000000${String(100 + index)}`);
      for (const [index, id] of more.entries()) edge.addServer(id, `10.0.1.${100 + index}`);
      const context = edge.spreading({ servers: [server, ...more] });

      const { changes, leftAlone } = await edge.plan(context);

      // 20 a direction: one entry of its owner and AWS's last one count as well.
      expect(entriesOf(changes)).toHaveLength(made);
      expect(leftAlone.find(({ target }) => target === backAcl)?.reason.split(':')[0]).toBe(reason);
    },
  );

  it('have no room below an entry that lets traffic through at number 1', async () => {
    const acl = edge.bench.lab.ec2.model.networkAcls.get(backAcl);
    if (acl !== undefined) acl.entries = openEntries.map((entry) => ({ ...entry, ruleNumber: 1 }));

    expect(entriesOf((await edge.plan(edge.spreading())).changes)).toEqual([]);
    expect(await remarkOn(backAcl)).toMatch(/^No room to deny 1 addresses here/);
  });

  it('begin after the interfaces and make the cut partial, not fail, when EC2 refuses them', async () => {
    edge.bench.failWhen('CreateNetworkAclEntry', 'UnauthorizedOperation');
    const context = edge.spreading();

    const { changes } = await edge.plan(context);
    const remarks = await edge.bench.action.apply(changes, context, letThrough);
    const seen = await edge.bench.action.verify(changes, context);

    const calls = edge.bench.operations().filter((name) => /^(Modify|Create)/.test(name));
    expect(calls).toEqual(['ModifyNetworkInterfaceAttribute', 'CreateNetworkAclEntry', 'CreateNetworkAclEntry']);
    expect(remarks.map(({ target }) => target)).toEqual(entriesOf(changes).map(({ target }) => target));
    expect(seen.map(({ target, held }) => [target.slice(0, 3), held])).toEqual([
      ['eni', true],
      ['acl', false],
      ['acl', false],
    ]);
  });

  it('do not stop the interfaces when network ACLs cannot be read, and the plan says so', async () => {
    edge.bench.failWhen('DescribeNetworkAcls', 'UnauthorizedOperation');

    const { changes, unable } = await edge.plan(edge.spreading());

    expect(changes.map(({ target }) => target.slice(0, 3))).toEqual(['eni']);
    expect(unable).toEqual([{ target: 'network ACLs', reason: expect.stringContaining('UnauthorizedOperation') }]);
  });

  it('hold nothing up when network ACLs are not told in time', async () => {
    const { client } = edge.bench.lab;
    const hanging = {
      send: async (command: { constructor: { name: string } }, { abortSignal }: { abortSignal?: AbortSignal } = {}) =>
        command.constructor.name === 'DescribeNetworkAclsCommand'
          ? new Promise((_resolve, reject) =>
              abortSignal?.addEventListener('abort', () => reject(new Error('aborted'))),
            )
          : client.send(command as never),
    } as unknown as EC2Client;

    const { changes, unable } = await planCut(hanging, { [vpcId]: edge.bench.groups }, edge.spreading());

    expect(changes.map(({ target }) => target.slice(0, 3))).toEqual(['eni']);
    expect(unable).toEqual([{ target: 'network ACLs', reason: expect.stringContaining('aborted') }]);
  });

  it('are made once when a try is repeated', async () => {
    const context = edge.spreading();
    const changes = await edge.bench.cut(context);

    const remarks = await edge.bench.action.apply(changes, { ...context, resumed: true }, letThrough);

    expect(remarks).toEqual([]);
    expect(edge.deniesOf(backAcl)).toEqual(denies);
  });

  it('do not take the place of another entry that came under their number meanwhile', async () => {
    const context = edge.spreading();
    const { changes } = await edge.plan(context);
    const acl = edge.bench.lab.ec2.model.networkAcls.get(backAcl);
    const [first] = entriesOf(changes);
    const { ruleNumber } = (first?.intended ?? {}) as unknown as { ruleNumber: number };
    const theirs = { ...openEntries[0]!, ruleNumber, action: 'deny' as const, cidr: '192.0.2.0/24' };
    if (acl !== undefined) acl.entries = [...acl.entries, theirs];

    const remarks = await edge.bench.action.apply(changes, context, letThrough);

    expect(remarks.map(({ target }) => target)).toEqual([first?.target]);
    expect(await edge.bench.action.undo(entriesOf(changes), new Map())).toEqual([
      expect.objectContaining({ target: first?.target, status: 'drifted' }),
      expect.objectContaining({ status: 'undone' }),
    ]);
    expect(acl?.entries).toContainEqual(theirs);
  });

  it('are taken out again exactly, and a second time nothing is done', async () => {
    const before = structuredClone(edge.bench.lab.ec2.model.networkAcls);
    const changes = await edge.bench.cut(edge.spreading());

    const first = await edge.bench.action.undo(changes, new Map());
    const second = await edge.bench.action.undo(changes, new Map());

    expect(first.map(({ status }) => status)).toEqual(['undone', 'undone', 'undone']);
    expect(second.map(({ status }) => status)).toEqual(['already-undone', 'already-undone', 'already-undone']);
    expect(edge.bench.lab.ec2.model.networkAcls).toEqual(before);
  });

  it('that stood there before are left to whoever made them', async () => {
    await edge.bench.cut(edge.spreading());
    const { changes } = await edge.plan(edge.spreading());

    const undone = await edge.bench.action.undo(entriesOf(changes), new Map());

    expect(undone.map(({ status }) => status)).toEqual(['already-undone', 'already-undone']);
    expect(edge.deniesOf(backAcl)).toEqual(denies);
  });

  it('have nothing to be taken out of where the ACL is gone', async () => {
    const changes = await edge.bench.cut(edge.spreading());
    edge.bench.lab.ec2.model.networkAcls.delete(backAcl);
    edge.bench.lab.ec2.model.subnets.delete(backSubnet);

    const undone = await edge.bench.action.undo(entriesOf(changes), new Map());

    expect(undone.map(({ status }) => status)).toEqual(['irreversible', 'irreversible']);
  });

  it('carry the server they are about, so that the guard judges it', async () => {
    edge.addServer(twin, '10.0.1.11');

    const { changes } = await edge.plan(edge.spreading({ servers: [server, twin] }));

    expect(entriesOf(changes).map((change) => change.server)).toEqual([server, server, twin, twin]);
    expect(entriesOf(changes).some(({ alsoTouches }) => alsoTouches !== undefined)).toBe(false);
  });
});
