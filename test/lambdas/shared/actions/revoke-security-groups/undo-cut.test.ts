import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cohort } from '../../../../../lambdas/shared/contracts/incident.ts';
import { addServer } from '../../../../lab/services/ec2/ec2-lab.ts';
import { NetworkBench } from '../../../../builders/network-bench.ts';
import { letThrough } from '../../../../builders/let-through.ts';
import { GuardRefusedError } from '../../../../../lambdas/shared/errors.ts';

const twin = 'i-0000000000000000b';
const nothingSeen = new Map();

describe('undo of a cut of a whole server', () => {
  let bench: NetworkBench;
  beforeEach(async () => {
    bench = await NetworkBench.start();
  });
  afterEach(async () => bench.lab.gateway.stop());

  it('gives the former groups back, and has nothing to do the second time', async () => {
    const eni = addServer(bench.lab.ec2, [bench.web, bench.groups.sealed]);
    const changes = await bench.cut(bench.context());

    const first = await bench.action.undo(changes, nothingSeen);
    const second = await bench.action.undo(changes, nothingSeen);

    expect(bench.groupsOf(eni)).toEqual([bench.web, bench.groups.sealed]);
    expect([...first, ...second].map(({ status }) => status)).toEqual(['undone', 'already-undone']);
  });

  it.each([
    [
      'groups that are neither',
      (eni: string) =>
        void Object.assign(bench.lab.ec2.model.networkInterfaces.get(eni) ?? {}, { groupIds: [bench.groups.sealed] }),
    ],
    ['a former group that is gone', () => void bench.lab.ec2.model.securityGroups.delete(bench.web)],
  ])('guesses nothing where it finds %s: drifted', async (_, spoil) => {
    const eni = addServer(bench.lab.ec2, [bench.web]);
    const changes = await bench.cut(bench.context());
    spoil(eni);

    const [undoing] = await bench.action.undo(changes, nothingSeen);

    expect(undoing?.status).toBe('drifted');
  });
});

describe('undo of a cut of an interface that is gone', () => {
  it('has nothing to put back, also when it goes at the last moment', async () => {
    const bench = await NetworkBench.start();
    addServer(bench.lab.ec2, [bench.web]);
    const changes = await bench.cut(bench.context());
    const [target = ''] = changes.map((change) => change.target);
    bench.lab.gateway.setIntercept(({ operation }) =>
      operation === 'ModifyNetworkInterfaceAttribute'
        ? {
            error: {
              code: 'InvalidNetworkInterfaceID.NotFound',
              message: `The networkInterface ID '${target}' does not exist`,
              status: 400,
            },
          }
        : undefined,
    );

    const last = await bench.action.undo(changes, nothingSeen);
    bench.lab.ec2.model.networkInterfaces.delete(target);
    const gone = await bench.action.undo(changes, nothingSeen);
    await bench.lab.gateway.stop();

    expect([...last, ...gone]).toEqual(
      Array.from({ length: 2 }, () => ({
        target,
        status: 'irreversible',
        reason: 'Interface is gone: nothing to put back',
      })),
    );
  });
});

describe('revoke-security-groups of ports', () => {
  let bench: NetworkBench;
  beforeEach(async () => {
    bench = await NetworkBench.start();
  });
  afterEach(async () => bench.lab.gateway.stop());

  const ports: Partial<Cohort> = { cut: { scope: 'ports', ports: [8080] } };
  const rulesOf = (groupId: string) =>
    [...(bench.lab.ec2.model.securityGroups.get(groupId)?.rules.values() ?? [])]
      .map((rule) => JSON.stringify({ ...rule, ruleId: '' }))
      .sort();

  it('revokes the rules of the port in both families by id, in one call, and puts them back with words and tags', async () => {
    addServer(bench.lab.ec2, [bench.web]);
    const before = rulesOf(bench.web);

    const changes = await bench.cut(bench.context(ports));
    const cutRules = rulesOf(bench.web);
    const seen = await bench.action.verify(changes, bench.context(ports));
    const undoings = await bench.action.undo(changes, nothingSeen);

    expect(bench.operations().filter((name) => name === 'RevokeSecurityGroupIngress')).toHaveLength(1);
    expect(cutRules).toHaveLength(before.length - 2);
    expect(seen.map(({ held }) => held)).toEqual([true, true]);
    expect(undoings.map(({ status }) => status)).toEqual(['undone', 'undone']);
    expect(rulesOf(bench.web)).toEqual(before);
    const again = await bench.action.plan(bench.context(ports));
    expect(again.changes[0]?.before).toMatchObject({ description: 'till', tags: { owner: 'shop' } });
  });

  it('goes on with the rest when one of the rules is gone', async () => {
    addServer(bench.lab.ec2, [bench.web]);
    const { changes } = await bench.action.plan(bench.context(ports));
    bench.lab.ec2.model.securityGroups.get(bench.web)?.rules.delete(changes[0]?.target ?? '');

    const remarks = await bench.action.apply(changes, bench.context(ports), letThrough);

    expect(remarks).toEqual([]);
    expect((await bench.action.verify(changes, bench.context(ports))).map(({ held }) => held)).toEqual([true, true]);
  });

  it('asks the guard once more before it goes on with the rest', async () => {
    addServer(bench.lab.ec2, [bench.web]);
    const { changes } = await bench.action.plan(bench.context(ports));
    bench.lab.ec2.model.securityGroups.get(bench.web)?.rules.delete(changes[0]?.target ?? '');
    const before = bench.operations().length;
    let questions = 0;

    const remarks = await bench.action.apply(changes, bench.context(ports), async () => {
      questions += 1;
      if (questions > changes.length) throw new GuardRefusedError('the fuse is off');
      return Promise.resolve();
    });

    expect(remarks).toMatchObject([{ reason: 'GuardRefusedError: the fuse is off' }]);
    expect(bench.operations().slice(before)).toEqual(['RevokeSecurityGroupIngress', 'DescribeSecurityGroupRules']);
  });

  it('leaves the rule alone that a server outside the cut shares', async () => {
    addServer(bench.lab.ec2, [bench.web]);
    addServer(bench.lab.ec2, [bench.web], twin, '10.0.0.11');

    const { changes, leftAlone } = await bench.action.plan(bench.context(ports));

    expect(changes).toEqual([]);
    expect(leftAlone).toHaveLength(2);
  });

  it.each([
    ['already-undone', 'the very rule is back', { description: 'till', tags: { owner: 'shop' } }],
    ['drifted', 'a rule with other words admits the same', { description: 'opened by hand' }],
  ])('says %s when %s', async (status, _, words) => {
    addServer(bench.lab.ec2, [bench.web]);
    const changes = await bench.cut(bench.context(ports));
    bench.lab.ec2.addRule(bench.web, { ipProtocol: 'tcp', fromPort: 8080, cidrIpv4: '0.0.0.0/0', ...words }, 'ingress');

    const [undoing] = await bench.action.undo(changes, nothingSeen);

    expect(undoing?.status).toBe(status);
  });

  it('has nothing to put back when the group is gone', async () => {
    addServer(bench.lab.ec2, [bench.web]);
    const changes = await bench.cut(bench.context(ports));
    bench.lab.ec2.model.securityGroups.delete(bench.web);

    const undoings = await bench.action.undo(changes, nothingSeen);

    expect(undoings.map(({ status }) => status)).toEqual(['irreversible', 'irreversible']);
  });

  it('says drifted when another group is gone that the rule names', async () => {
    addServer(bench.lab.ec2, [bench.web]);
    const changes = await bench.cut(bench.context(ports));
    bench.lab.gateway.setIntercept(({ operation }) =>
      operation === 'AuthorizeSecurityGroupIngress'
        ? {
            error: {
              code: 'InvalidGroup.NotFound',
              message: `The security group '${bench.web}0' does not exist`,
              status: 400,
            },
          }
        : undefined,
    );

    const undoings = await bench.action.undo(changes, nothingSeen);

    expect(undoings.map(({ status }) => status)).toEqual(['drifted', 'drifted']);
  });
});
