import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resyncClock, resyncClockParameters, resyncClockScript } from '../../documents/resync-clock.ts';
import { addressValues, common, describeDocument } from './describe-document.ts';

describeDocument({
  name: 'resync-clock',
  content: resyncClock,
  parameters: resyncClockParameters,
  script: resyncClockScript,
  valid: {
    incident: 'a',
    mode: 'step',
    source: '169.254.169.123',
    limitMs: '1',
    stableSeconds: '10',
    deadlineSeconds: '60',
  },
  hostile: {
    ...common.hostile,
    source: ['', ...addressValues.hostile],
    mode: ['', 'STEP', 'step ', 'measure\n', 'slew'],
    limitMs: ['', '0', '0.0', '0.000', '.5', '1.', '01', '1.0005', '100000', '-1', '1e3', '1,5', '0x1', '00.5'],
    stableSeconds: ['', '61', '-1', '01', '1.5', '1 ', '100'],
  },
  good: {
    ...common.good,
    source: addressValues.good,
    mode: ['measure', 'step'],
    limitMs: ['1', '0.5', '0.05', '0.001', '0.100', '1.000', '99999.999', '5000'],
    stableSeconds: ['0', '9', '10', '59', '60'],
  },
  malformed: { source: addressValues.malformed },
});

describe('limitMs', () => {
  const pattern = new RegExp(resyncClockParameters.limitMs.allowedPattern);

  it('takes every whole number of microseconds up to 100 seconds but zero, and nothing finer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999 }), fc.integer({ min: 0, max: 3 }), (microseconds, digits) => {
        const text = (microseconds / 1000).toFixed(digits);

        expect(pattern.test(text)).toBe(Number(text) > 0 && Number(text) < 100_000);
        expect(pattern.test(`${text}${digits === 0 ? '.' : ''}0001`)).toBe(false);
      }),
    );
  });
});
