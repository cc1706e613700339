import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Action, ActionContext, Change } from '../../../../../lambdas/shared/actions/action.ts';
import { revokeSecurityGroups } from '../../../../../lambdas/shared/actions/revoke-security-groups/revoke-security-groups.ts';
import type { QuarantineGroups } from '../../../../../lambdas/shared/actions/revoke-security-groups/plan-cut.ts';
import type { Cohort } from '../../../../../lambdas/shared/contracts/incident.ts';
import { LookupFailedError, ThrottledError } from '../../../../../lambdas/shared/errors.ts';
import { addServer, startEc2Lab, server, vpcId, type Ec2Lab } from '../../../../lab/services/ec2/ec2-lab.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { buildPolicy } from '../../../../builders/policy.ts';

const twin = 'i-0000000000000000b';
const policy = buildPolicy({ agentPath: { cidrs: ['10.0.9.0/24'] } });
const nothingSeen = new Map();

describe('revoke-security-groups', () => {
  let lab: Ec2Lab;
  let web: string;
  let groups: { quarantine: string; sealed: string; golden: Record<string, string> };
  let action: Action;
  let clockMs: number;

  beforeEach(async () => {
    lab = await startEc2Lab();
    const agent = { ipProtocol: 'tcp', fromPort: 443, cidrIpv4: '10.0.9.0/24' };
    const { ec2 } = lab;
    web = ec2.addSecurityGroup({
      groupName: 'web',
      vpcId,
      ingress: [
        { ipProtocol: 'tcp', fromPort: 8080, cidrIpv4: '0.0.0.0/0', description: 'till', tags: { owner: 'shop' } },
        { ipProtocol: 'tcp', fromPort: 8080, cidrIpv6: '::/0' },
        { ipProtocol: 'tcp', fromPort: 22, cidrIpv4: '10.0.0.0/8' },
      ],
    });
    groups = {
      quarantine: ec2.addSecurityGroup({ groupName: 'quarantine', vpcId, egress: [agent] }),
      sealed: ec2.addSecurityGroup({ groupName: 'sealed', vpcId, egress: [] }),
      golden: {},
    };
    clockMs = 0;
    action = build();
  });
  afterEach(async () => lab.gateway.stop());

  function build(quarantine: QuarantineGroups = { [vpcId]: groups }): Action {
    const timing = { nowMs: () => clockMs, sleep: async (pause: number) => Promise.resolve((clockMs += pause)) };
    return revokeSecurityGroups({ ec2: lab.client, quarantine, timing });
  }

  function context(over: Parameters<typeof buildCohort>[0] = {}): ActionContext {
    const cohort = buildCohort({ servers: [server], securityGroupHints: [web], ...over });
    return { incident: buildIncident(), cohort, policy };
  }

  const groupsOf = (eni: string) => lab.ec2.model.networkInterfaces.get(eni)?.groupIds;
  const operations = () => lab.gateway.calls.map(({ operation }) => operation);
  const failWhen = (operation: string, code: string, times = Infinity, part = '') => {
    let left = times;
    lab.gateway.setIntercept((call) => {
      if (call.operation !== operation || !JSON.stringify(call.input).includes(part) || left <= 0) return undefined;
      left -= 1;
      return { error: { code, message: 'injected', status: 503 } };
    });
  };

  async function cut(what: ActionContext): Promise<readonly Change[]> {
    const { changes } = await action.plan(what);
    await action.apply(changes, what);
    return changes;
  }

  describe('of a whole server', () => {
    it('moves every interface to quarantine in one call each, after one read depth', async () => {
      const enis = lab.ec2.addInstance({
        instanceId: server,
        vpcId,
        networkInterfaces: ['10.0.0.10', '10.0.0.11', '10.0.0.12'].map((privateIpAddress) => ({
          privateIpAddress,
          groupIds: [web],
        })),
      });

      const changes = await cut(context());

      expect(operations()).toEqual([
        'DescribeNetworkInterfaces',
        'DescribeSecurityGroupRules',
        ...enis.map(() => 'ModifyNetworkInterfaceAttribute'),
      ]);
      expect(enis.map(groupsOf)).toEqual(enis.map(() => [groups.quarantine]));
      expect(changes[1]?.before).toEqual({
        kind: 'interface',
        groups: [web],
        vpcId,
        deviceIndex: 1,
        networkCardIndex: 0,
      });
      expect((await action.verify(changes, context())).every(({ held }) => held)).toBe(true);
    });

    it('is at no moment more open than before, and has nothing open to everyone in either family', async () => {
      const eni = addServer(lab.ec2, [web]);

      await cut(context());

      const rules = lab.told.flatMap(({ firewall }) => JSON.stringify(firewall));
      expect(rules.filter((text) => text.includes('0.0.0.0/0') || text.includes('::/0'))).toEqual([]);
      expect(groupsOf(eni)).toEqual([groups.quarantine]);
    });

    it('reads the rules of a group that the assessment did not see', async () => {
      const eni = addServer(lab.ec2, [web]);

      await cut(context({ securityGroupHints: [] }));

      expect(operations().filter((name) => name === 'DescribeSecurityGroupRules')).toHaveLength(2);
      expect(groupsOf(eni)).toEqual([groups.quarantine]);
    });

    it('cannot cut in a VPC without quarantine groups, and says so', async () => {
      const eni = addServer(lab.ec2, [web]);
      action = build({});

      const { changes, unable } = await action.plan(context());

      expect(changes).toEqual([]);
      expect(unable).toEqual([{ target: eni, reason: `VPC "${vpcId}" has no quarantine groups` }]);
    });

    it('leaves interfaces of AWS services alone', async () => {
      const eni = addServer(lab.ec2, [web]);
      const card = lab.ec2.model.networkInterfaces.get(eni);
      if (card !== undefined) lab.ec2.model.networkInterfaces.set(eni, { ...card, requesterManaged: true });

      const { changes, leftAlone } = await action.plan(context());

      expect(changes).toEqual([]);
      expect(leftAlone.map(({ target }) => target)).toEqual([eni]);
    });

    it('goes on with the others when one interface fails, and reads back which', async () => {
      const [first, second] = [addServer(lab.ec2, [web]), addServer(lab.ec2, [web], twin, '10.0.0.11')];
      const both = context({ servers: [server, twin] });
      failWhen('ModifyNetworkInterfaceAttribute', 'UnauthorizedOperation', Infinity, first);

      const { changes } = await action.plan(both);
      const remarks = await action.apply(changes, both);
      const seen = await action.verify(changes, both);

      expect(remarks.map(({ target }) => target)).toEqual([first]);
      expect(seen.map(({ target, held }) => [target, held])).toEqual([
        [first, false],
        [second, true],
      ]);
    });

    it('tries a throttled interface again until it is cut', async () => {
      const eni = addServer(lab.ec2, [web]);
      failWhen('ModifyNetworkInterfaceAttribute', 'RequestLimitExceeded', 4);

      await cut(context());

      expect(groupsOf(eni)).toEqual([groups.quarantine]);
      expect(operations().filter((name) => name === 'ModifyNetworkInterfaceAttribute')).toHaveLength(5);
    });

    it('gives up with ThrottledError in time, and the next try touches only what is left', async () => {
      const [first, second] = [addServer(lab.ec2, [web]), addServer(lab.ec2, [web], twin, '10.0.0.11')];
      const both = context({ servers: [server, twin] });
      failWhen('ModifyNetworkInterfaceAttribute', 'RequestLimitExceeded', Infinity, first);
      const { changes } = await action.plan(both);
      await expect(action.apply(changes, both)).rejects.toThrow(ThrottledError);
      lab.gateway.setIntercept(undefined);
      const before = lab.gateway.calls.length;

      await action.apply(changes, { ...both, resumed: true });

      const after = lab.gateway.calls.slice(before).map(({ operation }) => operation);
      expect(after).toEqual(['DescribeNetworkInterfaces', 'ModifyNetworkInterfaceAttribute']);
      expect([first, second].map(groupsOf)).toEqual([[groups.quarantine], [groups.quarantine]]);
    });

    it('does not touch an interface on a later try that someone else changed meanwhile', async () => {
      const eni = addServer(lab.ec2, [web]);
      const { changes } = await action.plan(context());
      const card = lab.ec2.model.networkInterfaces.get(eni);
      if (card !== undefined) card.groupIds = [groups.sealed];

      await action.apply(changes, { ...context(), resumed: true });

      expect(groupsOf(eni)).toEqual([groups.sealed]);
      expect((await action.verify(changes, context()))[0]?.held).toBe(false);
    });

    it('makes no call for an interface that already is in quarantine, and still holds it', async () => {
      addServer(lab.ec2, [groups.quarantine]);

      const changes = await cut(context({ securityGroupHints: [groups.quarantine] }));

      expect(operations()).not.toContain('ModifyNetworkInterfaceAttribute');
      expect((await action.verify(changes, context())).map(({ held }) => held)).toEqual([true]);
    });

    it('counts an interface that is gone as cut', async () => {
      const eni = addServer(lab.ec2, [web]);
      const { changes } = await action.plan(context());
      lab.ec2.model.networkInterfaces.delete(eni);

      await action.apply(changes, context());

      expect(await action.verify(changes, context())).toMatchObject([{ held: true, reason: 'Interface is gone' }]);
    });

    it('turns a failed read into an error, never into an empty plan', async () => {
      failWhen('DescribeSecurityGroupRules', 'InternalError');

      await expect(action.plan(context())).rejects.toThrow(LookupFailedError);
    });
  });

  describe('undo of a whole server', () => {
    it('gives the former groups back, and has nothing to do the second time', async () => {
      const eni = addServer(lab.ec2, [web, groups.sealed]);
      const changes = await cut(context());

      const first = await action.undo(changes, nothingSeen);
      const second = await action.undo(changes, nothingSeen);

      expect(groupsOf(eni)).toEqual([web, groups.sealed]);
      expect([...first, ...second].map(({ status }) => status)).toEqual(['undone', 'already-undone']);
    });

    it.each([
      [
        'groups that are neither',
        (eni: string) =>
          void Object.assign(lab.ec2.model.networkInterfaces.get(eni) ?? {}, { groupIds: [groups.sealed] }),
      ],
      ['an interface that is gone', (eni: string) => void lab.ec2.model.networkInterfaces.delete(eni)],
      ['a former group that is gone', () => void lab.ec2.model.securityGroups.delete(web)],
    ])('guesses nothing where it finds %s: drifted', async (_, spoil) => {
      const eni = addServer(lab.ec2, [web]);
      const changes = await cut(context());
      spoil(eni);

      const [undoing] = await action.undo(changes, nothingSeen);

      expect(undoing?.status).toBe('drifted');
    });
  });

  describe('of ports', () => {
    const ports: Partial<Cohort> = { cut: { scope: 'ports', ports: [8080] } };
    const rulesOf = (groupId: string) =>
      [...(lab.ec2.model.securityGroups.get(groupId)?.rules.values() ?? [])]
        .map(({ ruleId: _, ...rule }) => JSON.stringify(rule))
        .sort();

    it('revokes the rules of the port in both families by id, in one call, and puts them back with words and tags', async () => {
      addServer(lab.ec2, [web]);
      const before = rulesOf(web);

      const changes = await cut(context(ports));
      const cutRules = rulesOf(web);
      const seen = await action.verify(changes, context(ports));
      const undoings = await action.undo(changes, nothingSeen);

      expect(operations().filter((name) => name === 'RevokeSecurityGroupIngress')).toHaveLength(1);
      expect(cutRules).toHaveLength(before.length - 2);
      expect(seen.map(({ held }) => held)).toEqual([true, true]);
      expect(undoings.map(({ status }) => status)).toEqual(['undone', 'undone']);
      expect(rulesOf(web)).toEqual(before);
      const again = await action.plan(context(ports));
      expect(again.changes[0]?.before).toMatchObject({ description: 'till', tags: { owner: 'shop' } });
    });

    it('goes on with the rest when one of the rules is gone', async () => {
      addServer(lab.ec2, [web]);
      const { changes } = await action.plan(context(ports));
      lab.ec2.model.securityGroups.get(web)?.rules.delete(changes[0]?.target ?? '');

      const remarks = await action.apply(changes, context(ports));

      expect(remarks).toEqual([]);
      expect((await action.verify(changes, context(ports))).map(({ held }) => held)).toEqual([true, true]);
    });

    it('leaves the rule alone that a server outside the cut shares', async () => {
      addServer(lab.ec2, [web]);
      addServer(lab.ec2, [web], twin, '10.0.0.11');

      const { changes, leftAlone } = await action.plan(context(ports));

      expect(changes).toEqual([]);
      expect(leftAlone).toHaveLength(2);
    });

    it.each([
      ['already-undone', 'the very rule is back', { description: 'till', tags: { owner: 'shop' } }],
      ['drifted', 'a rule with other words admits the same', { description: 'opened by hand' }],
    ])('says %s when %s', async (status, _, words) => {
      addServer(lab.ec2, [web]);
      const changes = await cut(context(ports));
      lab.ec2.addRule(web, { ipProtocol: 'tcp', fromPort: 8080, cidrIpv4: '0.0.0.0/0', ...words }, 'ingress');

      const [undoing] = await action.undo(changes, nothingSeen);

      expect(undoing?.status).toBe(status);
    });

    it('says drifted when the group is gone', async () => {
      addServer(lab.ec2, [web]);
      const changes = await cut(context(ports));
      lab.ec2.model.securityGroups.delete(web);

      const undoings = await action.undo(changes, nothingSeen);

      expect(undoings.map(({ status }) => status)).toEqual(['drifted', 'drifted']);
    });
  });
});
