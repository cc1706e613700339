import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../lab/scenario.ts';
import { findOpenInterfaces, findWrongRules } from './find-openings.ts';
import type { GroupSeen } from './observe.ts';
import { rename } from './world.ts';

const peer = { address: '203.0.113.9', connections: 1, direction: 'in', port: 22, golden: false, allowed: 'address' };
const attacked = { id: 'i-1', peers: [{ ...peer, name: 'attacker' }] };
const standby = { id: 'i-2', peers: [] };
const scenario = { servers: [attacked, standby] } as unknown as Scenario;
const alone = { servers: [attacked] } as unknown as Scenario;
const expected = { cut: ['attacker'] } as NonNullable<Scenario['expect']>;

const group = (role: string | null, ...rules: string[]): GroupSeen => ({ id: `sg-${role ?? 'own'}`, role, rules });
const card = (...groups: GroupSeen[]) => [{ id: 'eni-1', groups }];
const ssh = 'ingress tcp 22-22 203.0.113.9/32 attacker';
const https = 'ingress tcp 443-443 0.0.0.0/0';
const before = [card(group(null, ssh)), card(group(null, ssh))];

describe('interfaces of an isolated server', () => {
  it.each([
    ['in quarantine', group('quarantine'), 0],
    ['in their own group', group(null, ssh), 2],
    ['in a quarantine group that somebody opened', group('quarantine', https), 1],
  ])('are judged when %s', (_case, now, findings) => {
    const after = [card(now), card(group(null, ssh))];

    expect(findOpenInterfaces({ scenario, before, after }, expected)).toHaveLength(findings);
  });

  it('are not those of a server none of whose peers is to be cut', () => {
    const after = [card(group('quarantine')), card(group('quarantine'))];

    expect(findOpenInterfaces({ scenario, before, after }, expected)).toEqual([
      expect.stringContaining('Network of i-2, which is not in question'),
    ]);
  });
});

it.each([
  ["the attacker's alone", [https], 0],
  ['none', [ssh, https], 1],
  ['too many', [], 1],
  ["the attacker's, and there is a new one", [https, 'ingress tcp 80-80 0.0.0.0/0'], 1],
])('finds which rules are gone: %s', (_case, rules, findings) => {
  const all = { scenario: alone, before: [card(group(null, ssh, https))], after: [card(group(null, ...rules))] };

  expect(findWrongRules(all, expected)).toHaveLength(findings);
});

it('calls everything as it is in the target', () => {
  const names = new Map([
    ['i-0a01', 'i-77'],
    ['pl-1', 'pl-88'],
  ]);

  expect(rename('{"a":"i-0a01","b":["pl-1","i-0a01"]}', names)).toBe('{"a":"i-77","b":["pl-88","i-77"]}');
});
