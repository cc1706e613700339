import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActionPlan } from '../../../../../lambdas/shared/actions/action.ts';
import {
  backAcl,
  backSubnet,
  closedAcl,
  closingEntries,
  EdgeBench,
  frontAcl,
  frontSubnet,
  openEntries,
  twin,
} from '../../../../builders/edge-bench.ts';
import { server } from '../../../../lab/services/ec2/ec2-lab.ts';
import { letThrough } from '../../../../builders/let-through.ts';

describe('closed subnets', () => {
  let edge: EdgeBench;
  const both = { servers: [server, twin] };
  beforeEach(async () => {
    edge = await EdgeBench.start();
    edge.addServer(server, '10.0.1.10');
    edge.addServer(twin, '10.0.1.11');
  });
  afterEach(async () => edge.bench.lab.gateway.stop());

  const kindsOf = ({ changes }: ActionPlan) => changes.map(({ target }) => target.replace(/^(eni).*/, '$1'));
  const reasonOf = ({ leftAlone }: ActionPlan) => leftAlone.find(({ target }) => target === frontSubnet)?.reason;

  it('take one call instead of one an interface, and name every server to the guard', async () => {
    const changes = await edge.bench.cut(edge.context(both, 'subnets'));

    expect(changes).toEqual([
      {
        target: frontSubnet,
        server,
        alsoTouches: [twin],
        before: {
          kind: 'subnet',
          aclId: frontAcl,
          associationId: expect.stringMatching(/^aclassoc-/),
          vpcId: expect.any(String),
        },
        intended: { kind: 'subnet', aclId: closedAcl },
      },
    ]);
    expect(edge.aclOf(frontSubnet)).toBe(closedAcl);
    expect(edge.bench.operations().filter((name) => /^(Modify|Replace)/.test(name))).toEqual([
      'ReplaceNetworkAclAssociation',
    ]);
  });

  it('say in the plan by which means and why', async () => {
    const { leftAlone } = await edge.plan(edge.context(both, 'subnets'));

    expect(leftAlone[0]).toEqual({
      target: 'network means',
      reason: '1 subnet closed as a whole (the policy says so); 0 of 2 interfaces moved one by one',
    });
  });

  it('are none where the interfaces are within the burst and the policy wants the fastest', async () => {
    const plan = await edge.plan(edge.context(both, 'fastest'));

    expect(kindsOf(plan)).toEqual(['eni', 'eni']);
    expect(plan.leftAlone[0]?.reason).toBe("2 interfaces moved one by one: they are within EC2's burst of 100 calls");
  });

  it.each([
    ['a server that is not cut', () => both.servers.slice(0, 1), 'lives there as well', () => undefined],
    [
      'an interface of nobody known',
      () => both.servers,
      'of no server lives there as well',
      () => {
        const eni = edge.addServer('i-0000000000000000c', '10.0.1.12');
        const card = edge.bench.lab.ec2.model.networkInterfaces.get(eni);
        if (card !== undefined) edge.bench.lab.ec2.model.networkInterfaces.set(eni, { ...card, attachment: undefined });
      },
    ],
    [
      'an interface tagged as a lifeline',
      () => both.servers,
      'Lifeline by the tag "connection-fuse:lifeline" of its interface',
      () => {
        const [eni = ''] = edge.bench.lab.ec2.model.networkInterfaces.keys();
        edge.bench.lab.ec2.model.setTags(eni, { 'connection-fuse:lifeline': 'clearing' });
      },
    ],
    [
      'a server tagged as a lifeline',
      () => both.servers,
      `server "${twin}" in it: Lifeline by its tag`,
      () => edge.bench.lab.ec2.model.setTags(twin, { 'connection-fuse:lifeline': 'clearing' }),
    ],
    [
      'the lifeline tag on the subnet',
      () => both.servers,
      'it carries the lifeline tag',
      () => edge.bench.lab.ec2.model.setTags(frontSubnet, { 'connection-fuse:lifeline': 'clearing' }),
    ],
    [
      'the lifeline tag on its network ACL',
      () => both.servers,
      'carries the lifeline tag',
      () => edge.bench.lab.ec2.model.setTags(frontAcl, { 'connection-fuse:lifeline': 'clearing' }),
    ],
    [
      'a closing network ACL that somebody opened',
      () => both.servers,
      'has other entries than the policy says',
      () => {
        const acl = edge.bench.lab.ec2.model.networkAcls.get(closedAcl);
        if (acl !== undefined)
          acl.entries = [...acl.entries, ...openEntries.map((entry) => ({ ...entry, ruleNumber: 7 }))];
      },
    ],
    [
      'a present network ACL that did not let the agent through',
      () => both.servers,
      'would open more than the subnet had open',
      () => {
        const acl = edge.bench.lab.ec2.model.networkAcls.get(frontAcl);
        const [answers] = closingEntries.slice(1);
        if (acl !== undefined)
          acl.entries = [...acl.entries, { ...answers!, ruleNumber: 50, action: 'deny', fromPort: 2000, toPort: 2000 }];
      },
    ],
  ])('are not those with %s: the interfaces are moved instead', async (_, servers, reason, arrange) => {
    arrange();

    const plan = await edge.plan(edge.context({ servers: servers() }, 'subnets'));

    expect(reasonOf(plan)).toContain(reason);
    expect(kindsOf(plan)).toEqual(servers().map(() => 'eni'));
    expect(plan.unable).toEqual([]);
  });

  it('are none for servers with golden channels', async () => {
    const { leftAlone } = await edge.plan(edge.context({ ...both, goldenChannels: ['monitoring'] }, 'subnets'));

    expect(leftAlone.find(({ target }) => target === frontSubnet)?.reason).toContain('golden channel "monitoring"');
  });

  it('are only those whose inhabitants were read', async () => {
    const plan = await edge.plan(edge.context({ ...both, subnetHints: [backSubnet] }, 'subnets'));

    expect(reasonOf(plan)).toContain('who lives in it is not known');
    expect(kindsOf(plan)).toEqual(['eni', 'eni']);
  });

  it('leave a server elsewhere to its interface', async () => {
    const third = 'i-0000000000000000c';
    edge.addServer(third, '10.0.2.10', backSubnet);
    edge.addServer('i-0000000000000000d', '10.0.2.11', backSubnet);

    const plan = await edge.plan(edge.context({ servers: [server, twin, third] }, 'subnets'));

    expect(kindsOf(plan)).toEqual([frontSubnet, 'eni']);
    expect(plan.unable).toEqual([]);
  });

  it('hold when read back, and are put back by the subnet, for the association has another id by then', async () => {
    const context = edge.context(both, 'subnets');
    const changes = await edge.bench.cut(context);

    const seen = await edge.bench.action.verify(changes, context);
    const first = await edge.bench.action.undo(changes, new Map());
    const second = await edge.bench.action.undo(changes, new Map());

    expect(seen).toEqual([expect.objectContaining({ target: frontSubnet, held: true, seen: closedAcl })]);
    expect([...first, ...second].map(({ status }) => status)).toEqual(['undone', 'already-undone']);
    expect(edge.aclOf(frontSubnet)).toBe(frontAcl);
  });

  it('that somebody put behind a third network ACL have drifted', async () => {
    const changes = await edge.bench.cut(edge.context(both, 'subnets'));
    const subnet = edge.bench.lab.ec2.model.subnets.get(frontSubnet);
    if (subnet !== undefined) subnet.networkAclId = backAcl;

    const undone = await edge.bench.action.undo(changes, new Map());

    expect(undone.map(({ status }) => status)).toEqual(['drifted']);
    expect(edge.aclOf(frontSubnet)).toBe(backAcl);
  });

  it('whose former network ACL is gone have drifted: nothing is guessed', async () => {
    const changes = await edge.bench.cut(edge.context(both, 'subnets'));
    edge.bench.lab.ec2.model.networkAcls.delete(frontAcl);

    const undone = await edge.bench.action.undo(changes, new Map());

    expect(undone.map(({ status }) => status)).toEqual(['drifted']);
  });

  it('are closed when the association was renewed between plan and call', async () => {
    const context = edge.context(both, 'subnets');
    const { changes } = await edge.plan(context);
    const subnet = edge.bench.lab.ec2.model.subnets.get(frontSubnet);
    if (subnet !== undefined) subnet.aclAssociationId = 'aclassoc-renewed';

    const remarks = await edge.bench.action.apply(changes, context, letThrough);

    expect(remarks).toEqual([]);
    expect(edge.aclOf(frontSubnet)).toBe(closedAcl);
  });

  it('cost no second call when a try is repeated', async () => {
    const context = edge.context(both, 'subnets');
    const changes = await edge.bench.cut(context);

    await edge.bench.action.apply(changes, { ...context, resumed: true }, letThrough);

    expect(edge.bench.operations().filter((name) => name === 'ReplaceNetworkAclAssociation')).toHaveLength(1);
  });

  it('need no denies elsewhere: nothing of theirs crosses the edge', async () => {
    const { answers } = edge.context().cohort;

    const plan = await edge.plan(edge.context({ ...both, answers: { ...answers, spreads: true } }, 'subnets'));

    expect(kindsOf(plan)).toEqual([frontSubnet]);
  });
});
