import { describe, expect, it } from 'vitest';
import { findCountry, readLocations } from '../../../../lambdas/shared/reviews/find-named-peers.ts';
import { findingOf, readFixture, withPascalDetail, withValue } from '../../../builders/events.ts';

const event = readFixture('guardduty-command-and-control');

describe('readLocations', () => {
  it('reads addresses with their country, whatever form the finding has', () => {
    const expected = {
      servers: ['i-0b0c0d0e0f00000a1'],
      peers: [{ address: '203.0.113.40', code: null, name: 'Exampleland' }],
    };

    expect(readLocations(findingOf(event))).toMatchObject(expected);
    expect(readLocations(findingOf(withPascalDetail(event)))).toMatchObject(expected);
  });

  it('reads every prober of a port probe', () => {
    const probes = readLocations(findingOf(readFixture('guardduty-port-probe')));

    expect(probes?.peers.length).toBeGreaterThan(1);
  });

  it('has nothing to say of an archived finding', () => {
    expect(readLocations(findingOf(withValue(event, 'detail.service.archived', true)))).toBeNull();
  });
});

describe('findCountry', () => {
  const peer = { address: '203.0.113.40', code: null, name: null };

  it.each([
    ['by its code', { ...peer, code: 'SE', name: 'Norway' }, 'SE'],
    ['by its name, where there is no code', { ...peer, name: 'sweden' }, 'SE'],
    ['not by its name, where there is a code', { ...peer, code: 'NO', name: 'Sweden' }, null],
    ['not at all, where nobody knows the country', peer, null],
    ['not at all elsewhere', { ...peer, name: 'Exampleland' }, null],
  ])('knows it %s', (_words, located, country) => {
    expect(findCountry(located, ['DE', 'SE'])).toBe(country);
  });
});
