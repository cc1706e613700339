import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromAttributes, toAttributes } from '../../../../lambdas/shared/clients/audit-item.ts';

function nest(levels: number): unknown {
  return levels === 0 ? 'deep' : { a: nest(levels - 1) };
}

describe('audit item', () => {
  it('comes back as it was put', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (content) => {
        const item = { ...(JSON.parse(JSON.stringify(content)) as object), pk: 'incident#1', sk: 'opened#01' };

        const back = fromAttributes(toAttributes(item));

        expect(back).toEqual(item);
      }),
    );
  });

  it('is packed when it is too large for the table, with its keys readable', () => {
    const item = { pk: 'incident#1', sk: 'a', gsi1pk: 'incidents', text: 'long '.repeat(100_000) };

    const attributes = toAttributes(item);

    expect(Object.keys(attributes).sort()).toEqual(['gsi1pk', 'packed', 'pk', 'sk']);
    expect(attributes['packed']?.B?.length).toBeLessThan(10_000);
    expect(fromAttributes(attributes)).toEqual(item);
  });

  it.each<[string, unknown]>([
    ['nested deeper than 32 levels', nest(31)],
    ['a number beyond its range', { value: 1e200 }],
    ['a number too close to zero', [{ value: -1e-200 }]],
    ['a name without a character', { inner: { '': 1 } }],
  ])('is packed when it holds what the table refuses: %s', (_what, event) => {
    const item = { pk: 'rejected#1', sk: 'failed#1', event };

    const attributes = toAttributes(item);

    expect(Object.keys(attributes).sort()).toEqual(['packed', 'pk', 'sk']);
    expect(fromAttributes(attributes)).toEqual(item);
  });

  it.each<[string, unknown]>([
    ['28 levels', nest(28)],
    ['zero and large numbers', [0, -1e100, 1e-100]],
  ])('stays readable with %s', (_what, event) => {
    expect(Object.keys(toAttributes({ pk: 'a', sk: 'b', event }))).toEqual(['event', 'pk', 'sk']);
  });

  it('leaves out what is undefined', () => {
    expect(toAttributes({ pk: 'a', sk: 'b', none: undefined })).toEqual({ pk: { S: 'a' }, sk: { S: 'b' } });
  });

  it('reads a set as a list in order', () => {
    const item = fromAttributes({ pk: { S: 'budget' }, sk: { S: 'w' }, servers: { SS: ['i-2', 'i-1'] } });

    expect(item).toEqual({ pk: 'budget', sk: 'w', servers: ['i-1', 'i-2'] });
  });
});
