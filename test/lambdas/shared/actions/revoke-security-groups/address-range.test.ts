import { BlockList } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInside, readRange } from '../../../../../lambdas/shared/actions/revoke-security-groups/address-range.ts';

describe('readRange', () => {
  it.each([
    ['10.0.0.0/24', 'ipv4', 0x0a_00_00_00n, 0x0a_00_00_ffn],
    ['10.0.0.7/24', 'ipv4', 0x0a_00_00_00n, 0x0a_00_00_ffn],
    ['203.0.113.9', 'ipv4', 0xcb_00_71_09n, 0xcb_00_71_09n],
    ['0.0.0.0/0', 'ipv4', 0n, 0xff_ff_ff_ffn],
    ['::/0', 'ipv6', 0n, (1n << 128n) - 1n],
    ['::1', 'ipv6', 1n, 1n],
    ['2001:db8::/127', 'ipv6', 0x20_01_0d_b8n << 96n, (0x20_01_0d_b8n << 96n) + 1n],
    ['::ffff:10.0.0.1', 'ipv6', 0xff_ff_0a_00_00_01n, 0xff_ff_0a_00_00_01n],
  ] as const)('reads %s', (text, family, low, high) => {
    expect(readRange(text)).toEqual({ family, low, high });
  });

  it.each([
    '',
    '10.0.0',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '::/129',
    'sg-1',
    'pl-1',
  ])('refuses "%s"', (text) => expect(readRange(text)).toBeNull());

  it('agrees with Node about which address lies in which network', () => {
    const networks = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
    fc.assert(
      fc.property(networks, fc.ipV4(), ([network, prefix], address) => {
        const list = new BlockList();
        list.addSubnet(network, prefix, 'ipv4');
        const [inner, outer] = [readRange(address), readRange(`${network}/${prefix}`)];

        expect(inner !== null && outer !== null && isInside(inner, outer)).toBe(list.check(address));
      }),
    );
  });
});
