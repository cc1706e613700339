import type { NetworkInterface } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import type { GroupRule } from '../../../../../lambdas/shared/actions/revoke-security-groups/group-rule.ts';
import { planRules, reachOf } from '../../../../../lambdas/shared/actions/revoke-security-groups/plan-rules.ts';
import type { Cut } from '../../../../../lambdas/shared/contracts/incident.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { buildPolicy } from '../../../../builders/policy.ts';

const server = 'i-0000000000000000a';
const twin = 'i-0000000000000000b';

function rule(over: Partial<GroupRule> = {}): GroupRule {
  return {
    id: 'sgr-1',
    groupId: 'sg-web',
    isEgress: false,
    protocol: 'tcp',
    fromPort: 8080,
    toPort: 8080,
    source: { kind: 'cidr', cidr: '203.0.113.0/24' },
    description: null,
    tags: {},
    ...over,
  };
}

function card(instanceId: string | undefined, over: Partial<NetworkInterface> = {}): NetworkInterface {
  const Attachment = instanceId === undefined ? {} : { InstanceId: instanceId };
  return { NetworkInterfaceId: `eni-${instanceId ?? 'x'}`, Groups: [{ GroupId: 'sg-web' }], Attachment, ...over };
}

function plan(
  rules: readonly GroupRule[],
  options: { cut?: Cut; users?: readonly NetworkInterface[]; golden?: object } = {},
) {
  const { cut = { scope: 'ports', ports: [8080] }, users = [card(server)], golden } = options;
  const policy = buildPolicy(golden === undefined ? {} : { goldenChannels: [golden] });
  const goldenChannels = policy.goldenChannels.map(({ name }) => name);
  const cohort = buildCohort({ servers: [server], cut, goldenChannels });
  return planRules([card(server)], users, rules, { incident: buildIncident(), cohort, policy });
}

describe('reachOf', () => {
  const ports = { scope: 'ports', ports: [8080, 8081] } as const;
  const peers = { scope: 'peers', peers: ['203.0.113.0/24', '2001:db8::/64', '198.51.100.7'] } as const;

  it.each([
    ['the port', rule(), ports, 'inside'],
    ['a range of asked ports', rule({ toPort: 8081 }), ports, 'inside'],
    ['a range that goes further', rule({ toPort: 8082 }), ports, 'wider'],
    ['every TCP port', rule({ fromPort: 0, toPort: 65_535 }), ports, 'wider'],
    ['every protocol', rule({ protocol: '-1', fromPort: -1, toPort: -1 }), ports, 'wider'],
    ['another port', rule({ fromPort: 22, toPort: 22 }), ports, 'outside'],
    ['UDP', rule({ protocol: 'udp' }), ports, 'outside'],
    ['what goes out', rule({ isEgress: true }), ports, 'outside'],
    ['the peers', rule(), peers, 'inside'],
    [
      'one of the peers, going out',
      rule({ isEgress: true, source: { kind: 'cidr', cidr: '203.0.113.9/32' } }),
      peers,
      'inside',
    ],
    ['a peer named by address', rule({ source: { kind: 'cidr', cidr: '198.51.100.7/32' } }), peers, 'inside'],
    ['an IPv6 peer', rule({ source: { kind: 'cidr', cidr: '2001:db8::1/128' } }), peers, 'inside'],
    ['everybody', rule({ source: { kind: 'cidr', cidr: '0.0.0.0/0' } }), peers, 'wider'],
    ['everybody by IPv6', rule({ source: { kind: 'cidr', cidr: '::/0' } }), peers, 'wider'],
    ['a neighbour', rule({ source: { kind: 'cidr', cidr: '203.0.112.0/24' } }), peers, 'outside'],
    ['a group', rule({ source: { kind: 'group', id: 'sg-1', userId: null } }), peers, 'outside'],
  ] as const)('says how a rule for %s stands to the cut: %#', (_, one, cut, reach) => {
    expect(reachOf(one, { ...cut } as unknown as Cut)).toBe(reach);
  });
});

describe('planRules', () => {
  it.each(['connection-fuse:lifeline', 'connection-fuse:role', 'aws:cloudformation:stack-name'])(
    'leaves a rule alone whose tag %s could not be written back',
    (tag) => {
      const { changes, leftAlone } = plan([rule({ tags: { [tag]: 'x' } })]);

      expect(changes).toEqual([]);
      expect(leftAlone).toEqual([{ target: 'sgr-1', reason: expect.stringContaining(`"${tag}"`) }]);
    },
  );

  it('plans the revocation of exactly the rules that admit only what is cut, saved in full', () => {
    const full = rule({ description: 'till', tags: { owner: 'shop' } });

    const { changes, leftAlone } = plan([full, rule({ id: 'sgr-2', fromPort: 22, toPort: 22 })]);

    expect(changes).toEqual([
      { target: 'sgr-1', server, before: { kind: 'rule', ...full }, intended: { kind: 'rule', absent: true } },
    ]);
    expect(leftAlone).toEqual([]);
  });

  it('takes a rule for everybody by IPv6 along', () => {
    const both = [
      rule({ source: { kind: 'cidr', cidr: '0.0.0.0/0' } }),
      rule({ id: 'sgr-6', source: { kind: 'cidr', cidr: '::/0' } }),
    ];

    expect(plan(both).changes.map(({ target }) => target)).toEqual(['sgr-1', 'sgr-6']);
  });

  it.each([
    ['admits more', [rule({ toPort: 9000 })], {}],
    ['is shared with a server outside the cut', [rule()], { users: [card(server), card(twin)] }],
    ['is shared with an interface of a service', [rule()], { users: [card(server), card(undefined)] }],
    [
      'carries a golden channel',
      [rule()],
      {
        golden: { name: 'till', servers: { ids: [server] }, direction: 'in', peers: ['203.0.113.8/32'], ports: [8080] },
      },
    ],
  ])('leaves a rule alone that %s, and says so', (_, rules, options) => {
    const { changes, leftAlone } = plan(rules, options);

    expect(changes).toEqual([]);
    expect(leftAlone.map(({ target }) => target)).toEqual(['sgr-1']);
  });

  it('does not mind interfaces that are attached to nothing', () => {
    const { Attachment: _, ...loose } = card(twin);

    expect(plan([rule()], { users: [card(server), loose] }).changes).toHaveLength(1);
  });

  it('names every server of the cohort that feels the change', () => {
    const cohort = buildCohort({ servers: [server, twin], cut: { scope: 'ports', ports: [8080] } });
    const context = { incident: buildIncident(), cohort, policy: buildPolicy() };

    const { changes } = planRules([card(server), card(twin)], [card(server), card(twin)], [rule()], context);

    expect(changes).toMatchObject([{ server, alsoTouches: [twin] }]);
  });

  it('leaves rules of groups alone that the servers do not carry', () => {
    expect(plan([rule({ groupId: 'sg-other' })])).toEqual({ changes: [], leftAlone: [], unable: [] });
  });
});
