import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestLines, toExport } from '../../../../cli/commands/audit/export-record.ts';
import type { ExportScope } from '../../../../cli/commands/audit/export-record.ts';
import { readExport } from '../../../../cli/commands/audit/read-export.ts';
import type { AuditItem } from '../../../../lambdas/shared/clients/audit-item.ts';
import { buildItem, buildRecord, incidentPk, laterNow } from '../../../builders/audit-items.ts';

const everything: ExportScope = { since: null, until: null, incidentId: null };
const exportItems = (items: readonly AuditItem[], scope: Partial<ExportScope> = {}) =>
  toExport(items, { exportedAt: laterNow, by: 'ada', tableName: 'audit', scope: { ...everything, ...scope } });
const toText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const keysOf = (lines: readonly string[]) => readExport(toText(lines)).items.map(({ pk, sk }) => `${pk} ${sk}`);

describe('toExport', () => {
  it('writes items in the order of their keys, then what they are', () => {
    const lines = exportItems(buildRecord().toReversed());

    const digest = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    expect(keysOf(lines)).toEqual(
      buildRecord()
        .map(({ pk, sk }) => `${pk} ${sk}`)
        .sort(),
    );
    expect(digest).toMatchObject({ kind: 'export-digest', items: 6, by: 'ada', exportedAt: laterNow });
    expect(digest['seals']).toHaveLength(2);
  });

  it.each([
    ['everything', {}, 8],
    ['from before the restore', { since: '2026-05-06T07:10:30.000Z' }, 8],
    ['until after the opening', { until: '2026-05-06T07:00:30.000Z' }, 7],
    ['after all of it', { since: '2026-05-06T07:30:00.000Z' }, 1],
    ['before all of it', { until: '2026-05-06T07:00:00.000Z' }, 0],
  ])('takes an incident whole, with what points to it, or not at all: %s', (_, scope, count) => {
    const pointer = { pk: 'server#i-1', sk: incidentPk, incidentId: incidentPk.replace('incident#', '') };
    const rejected = buildItem('ignored#0', 40, { pk: 'rejected#0' });

    expect(keysOf(exportItems([...buildRecord(), pointer, rejected], scope))).toHaveLength(count);
  });

  it('leaves open questions out, for their tokens answer them, and says so', () => {
    const question = buildItem('asked', 1, { pk: 'question#inc-1#c1', taskToken: 'secret' });

    const lines = exportItems([question, ...buildRecord()]);

    expect(lines.join('')).not.toContain('secret');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ items: 6, questionsLeftOut: 1 });
  });
});

describe('readExport', () => {
  const lines = exportItems(buildRecord());

  it('finds nothing wrong with what was written, whatever the entries hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (content) => {
        const items = [buildItem('opened#01', 0, { content: JSON.parse(JSON.stringify(content)) as unknown })];

        const found = readExport(toText(exportItems(items)));

        expect(found.faults).toEqual([]);
        expect(found.items).toEqual(items);
      }),
    );
  });

  it('finds every changed character of an entry', () => {
    const length = toText(lines.slice(0, -1)).length;
    fc.assert(
      fc.property(fc.nat(length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        const text = toText(lines);
        fc.pre(text[at] !== character);

        expect(readExport(text.slice(0, at) + character + text.slice(at + 1)).faults).not.toEqual([]);
      }),
    );
  });

  it.each([
    ['the last line is gone', lines.slice(0, -1), /last line is no digest/],
    ['an entry is gone', lines.slice(1), /counts 6 items, the file 5/],
    ['two entries changed places', [1, 0, 2, 3, 4, 5, 6].map((index) => lines[index] ?? ''), /out of order/],
    ['an entry is there twice', [lines[0] ?? '', ...lines], /out of order, or there twice/],
    ['a line is no item', ['"x"', ...lines], /Line 1 is no audit item/],
    ['there is nothing', [], /last line is no digest/],
  ])('says that %s', (_, found, fault) => {
    expect(readExport(toText(found)).faults.join('\n')).toMatch(fault);
  });

  it('takes no entry in another form, not even under a digest that fits', () => {
    const [first = '', ...rest] = lines.slice(0, -1);
    const twice = [first.replace('{', '{"at":"2020-01-01T00:00:00.000Z",'), ...rest];
    const digest = { ...(JSON.parse(lines.at(-1) ?? '') as object), sha256: digestLines(twice) };

    expect(readExport(toText([...twice, JSON.stringify(digest)])).faults).toEqual([
      'Line 1 is no audit item as it was written',
    ]);
  });

  it('holds the seals of the digest against those of the items', () => {
    const digest = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    const changed = [...lines.slice(0, -1), JSON.stringify({ ...digest, seals: [] })];

    expect(readExport(toText(changed)).faults).toEqual(['The seals of the digest are not those of the items']);
  });
});
