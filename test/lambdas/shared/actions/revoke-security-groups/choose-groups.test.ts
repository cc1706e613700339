import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agentTraffic,
  channelTraffic,
  chooseGroups,
  type GroupChoiceInput,
} from '../../../../../lambdas/shared/actions/revoke-security-groups/choose-groups.ts';
import {
  findOpening,
  toTraffic,
  type Traffic,
} from '../../../../../lambdas/shared/actions/revoke-security-groups/coverage.ts';
import { buildPolicy } from '../../../../builders/policy.ts';

const replication = {
  name: 'replication',
  servers: { service: 'shop' },
  direction: 'in',
  peers: ['10.20.0.0/16'],
  ports: [5432],
} as const;
const policy = buildPolicy({ agentPath: { cidrs: ['10.0.9.0/24'] }, goldenChannels: [replication] });
const [channel] = policy.goldenChannels;
const golden = channel === undefined ? [] : channelTraffic(channel);

function rule(isEgress: boolean, cidr: string, port: number | null): Traffic[] {
  const ports = { fromPort: port ?? -1, toPort: port ?? -1 };
  const protocol = port === null ? '-1' : 'tcp';
  return toTraffic([
    {
      isEgress,
      protocol,
      ...ports,
      source: { kind: 'cidr', cidr },
    },
  ]);
}

const wide = [...rule(false, '0.0.0.0/0', null), ...rule(true, '0.0.0.0/0', null)];

function choose(over: Partial<GroupChoiceInput> & { groups?: Record<string, Traffic[]> } = {}) {
  const groups = { 'sg-q': agentTraffic(policy), 'sg-s': [], 'sg-g': golden, ...over.groups };
  return chooseGroups({
    vpcGroups: { quarantine: 'sg-q', sealed: 'sg-s', golden: { replication: 'sg-g' } },
    former: wide,
    trafficOf: (group) => (groups as Record<string, Traffic[]>)[group] ?? [],
    policy,
    goldenChannels: [],
    ...over,
  });
}

describe('chooseGroups', () => {
  it('takes quarantine and the golden groups where both were open before', () => {
    expect(choose({ goldenChannels: ['replication'] })).toEqual({
      kind: 'groups',
      groups: ['sg-q', 'sg-g'],
      notes: [],
    });
  });

  it.each([
    ['the interface had no way to the endpoints', { former: rule(false, '0.0.0.0/0', null) }],
    ['somebody opened the quarantine group', { groups: { 'sg-q': rule(true, '0.0.0.0/0', 443) } }],
    ['somebody emptied the quarantine group', { groups: { 'sg-q': [] } }],
  ])('seals the interface when %s', (_, over) => {
    const choice = choose(over);

    expect(choice).toMatchObject({ kind: 'groups', groups: ['sg-s'] });
    expect(choice.kind === 'groups' && choice.notes).toHaveLength(1);
  });

  it('cuts nothing when both groups were tampered with', () => {
    const opened = rule(true, '0.0.0.0/0', 443);

    expect(choose({ groups: { 'sg-q': opened, 'sg-s': opened } }).kind).toBe('unable');
  });

  it('leaves a golden channel out that was not open before', () => {
    const former = rule(true, '10.0.0.0/8', 443);

    const choice = choose({ former, goldenChannels: ['replication'] });

    expect(choice).toMatchObject({ kind: 'groups', groups: ['sg-q'] });
  });

  it.each([
    ['its group was opened wider', { groups: { 'sg-g': rule(false, '0.0.0.0/0', 5432) } }],
    ['its group lost its rules', { groups: { 'sg-g': [] } }],
    [
      'only half of it was open before',
      { former: [...rule(false, '10.20.0.0/17', 5432), ...rule(true, '0.0.0.0/0', null)] },
    ],
    ['the VPC has no group for it', { vpcGroups: { quarantine: 'sg-q', sealed: 'sg-s', golden: {} } }],
  ])('does not cut a golden channel: unable when %s', (_, over) => {
    expect(choose({ goldenChannels: ['replication'], ...over }).kind).toBe('unable');
  });

  it('never chooses what would open anything, whatever the groups hold and the interface had', () => {
    const cidrs = fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '10.0.9.0/24', '10.20.0.0/16', '10.20.0.0/17', '::/0');
    const rules = fc
      .array(fc.tuple(fc.boolean(), cidrs, fc.constantFrom(443, 5432, null)), { maxLength: 4 })
      .map((some) => some.flatMap(([isEgress, cidr, port]) => rule(isEgress, cidr, port)));
    const held = fc.record({
      'sg-q': fc.oneof(rules, fc.constant(agentTraffic(policy))),
      'sg-s': fc.oneof(rules, fc.constant<Traffic[]>([])),
      'sg-g': fc.oneof(rules, fc.constant(golden)),
    });
    fc.assert(
      fc.property(held, rules, fc.constantFrom([], ['replication']), (groups, former, goldenChannels) => {
        const choice = choose({ groups, former, goldenChannels });

        const chosen = choice.kind === 'groups' ? choice.groups : [];
        const opened = chosen.flatMap((group) => (groups as Record<string, Traffic[]>)[group] ?? []);
        expect(findOpening(opened, former)).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });
});
