import { describe, expect, it } from 'vitest';
import { HostWorldError } from '../../../../lab/hosts/host-errors.ts';
import type { FirewallRule } from '../../../../lab/hosts/host-world.ts';
import { printFirewall, printGone } from '../../../../lab/hosts/real/fabric.ts';

const rule = (change: Partial<FirewallRule> = {}): FirewallRule => ({
  protocol: 'tcp',
  fromPort: 443,
  toPort: 443,
  cidr: '10.0.0.0/16',
  ...change,
});

it('printGone names each address in the set of its family', () => {
  expect(printGone('add', ['10.0.7.1', 'fd66::8'])).toBe(
    'add element inet fabric gone4 { 10.0.7.1 }\nadd element inet fabric gone6 { fd66::8 }\n',
  );
  expect(printGone('delete', ['10.0.7.1'])).toBe('delete element inet fabric gone4 { 10.0.7.1 }\n');
});

describe('printFirewall', () => {
  it('empties both chains, lets pass what the rules name, and drops the rest', () => {
    expect(
      printFirewall('s1', { ingress: [rule()], egress: [rule({ protocol: '-1', fromPort: -1, toPort: -1 })] }),
    ).toBe(
      [
        'flush chain inet fabric egress_s1',
        'add rule inet fabric egress_s1 ip daddr 10.0.0.0/16 return',
        'add rule inet fabric egress_s1 counter drop',
        'flush chain inet fabric ingress_s1',
        'add rule inet fabric ingress_s1 ip saddr 10.0.0.0/16 tcp dport 443-443 return',
        'add rule inet fabric ingress_s1 counter drop',
        '',
      ].join('\n'),
    );
  });

  it.for([
    rule({ protocol: 'tcp; flush ruleset' }),
    rule({ cidr: '10.0.0.0' }),
    rule({ cidr: '0.0.0.0/0 accept' }),
    rule({ fromPort: 443, toPort: 80 }),
    rule({ fromPort: -1, toPort: 80 }),
    rule({ toPort: 65_536 }),
    rule({ fromPort: 1.5, toPort: 2 }),
  ])('refuses a rule it cannot read: %o', (bad) => {
    expect(() => printFirewall('s1', { ingress: [bad], egress: [] })).toThrow(HostWorldError);
  });
});
