import { describe, expect, it } from 'vitest';
import { isPeer } from '../../../../lambdas/shared/signals/addresses.ts';
import { readTime } from '../../../../lambdas/shared/signals/read-time.ts';

describe('readTime', () => {
  it.each([
    ['2026-05-06T07:08:09Z', '2026-05-06T07:08:09.000Z'],
    ['2026-05-06T07:08:09.123+0000', '2026-05-06T07:08:09.123Z'],
    ['2026-05-06T07:08:09.123-05:00', '2026-05-06T12:08:09.123Z'],
    ['2026-05-06 07:08:09.123456789', '2026-05-06T07:08:09.123Z'],
    ['2026-05-06T07:08', '2026-05-06T07:08:00.000Z'],
    [1_778_051_289_000, '2026-05-06T07:08:09.000Z'],
  ])('reads %j', (value, expected) => {
    expect(readTime(value)).toBe(expected);
  });

  it.each(['yesterday', '', '2026-13-45T00:00:00Z', 'yyyy-mm-ddThh:mm:ssZ', null, Number.NaN, 1e300, {}])(
    'knows no time in %j',
    (value) => {
      expect(readTime(value)).toBeUndefined();
    },
  );
});

describe('isPeer', () => {
  it.each(['203.0.113.7', '10.0.0.0/8', '2001:db8::1', '2001:db8::/32', '0.0.0.0/0'])('takes %s', (text) => {
    expect(isPeer(text)).toBe(true);
  });

  it.each(['', '10.0.0.0/33', '2001:db8::/129', '10.0.0', '10.0.0.0/8/8', 'fe80::1%eth0', '10.0.0.0/-1', 'host'])(
    'refuses %j',
    (text) => {
      expect(isPeer(text)).toBe(false);
    },
  );
});
