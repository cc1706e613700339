import { isIPv4 } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cidrListPattern } from '../../../documents/parameter-patterns.ts';
import { isHostCidr, toHostAddress } from '../../../lambdas/shared/host-address.ts';
import { goodValues, hostileValues, malformedIpv6 } from '../../documents/parameter-values.ts';

describe('isHostCidr', () => {
  const single = (value: string) => value !== '' && !value.includes(' ');

  it.each([...(goodValues['peers'] ?? []), ...(goodValues['agent'] ?? [])].filter(single))('takes %s', (text) => {
    expect(isHostCidr(text)).toBe(true);
  });

  it.each([...(hostileValues['peers'] ?? []).filter(single), ...malformedIpv6, 'fd00:1:2:3:4:5:6::'])(
    'refuses %j',
    (text) => {
      expect(isHostCidr(text)).toBe(false);
    },
  );

  it.each(['2000::/3', 'fc00::/7', '64:ff9b::/96', '64:ff9b::a00:1', '::ffff:0:0/96', '0.0.0.0/8', '::/8'])(
    'refuses %s, which ss and nft read differently',
    (text) => {
      expect(isHostCidr(text)).toBe(false);
    },
  );
});

describe('toHostAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8::203.0.113.7', '2001:db8:0:0:0:0:cb00:7107'],
    ['0fd0::1', 'fd0:0:0:0:0:0:0:1'],
    ['fd00:1:2:3:4:5:6::', 'fd00:1:2:3:4:5:6:0'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['::1', '::1'],
    ['64:ff9b::cb00:7107', '64:ff9b::cb00:7107'],
    ['::ffff:0:0/90', '::ffff:0:0/90'],
  ])('writes %s as %s', (text, expected) => {
    expect(toHostAddress(text)).toBe(expected);
  });

  it('writes whatever a host can be given in a form that its document takes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = toHostAddress(text);

        expect(toHostAddress(address)).toBe(address);
        const isTaken = new RegExp(cidrListPattern).test(address);
        expect(isHostCidr(address)).toBe(isTaken);
        const isOutside = isIPv4(address) ? address.startsWith('0.') : /^(::|0{0,2}[0-9a-f]{1,2}:)/i.test(address);
        expect(isTaken).toBe(!isOutside);
      }),
    );
  });
});
