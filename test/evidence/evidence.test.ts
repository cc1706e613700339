import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findUnlisted, findUnsaid, listBullets, readPromises, type Proof } from './promise.ts';
import { findResult, readResults } from './results.ts';
import { findUnbacked, gatherEvidence, toLines, writeEvidencePage } from './write-evidence.ts';

const promises = readPromises(join(import.meta.dirname, 'promises.yaml'));
const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');

describe('The promises', () => {
  it('stand in the README word for word', () => {
    expect(findUnsaid(promises, readme)).toEqual([]);
  });

  it('are all listed', () => {
    expect(findUnlisted(promises, readme)).toEqual([]);
  });

  it('name tests that are there', () => {
    const files = promises.flatMap(({ proofs }) => proofs.flatMap((proof) => ('test' in proof ? [proof.test] : [])));

    expect(() => files.map((file) => readFileSync(join(import.meta.dirname, '..', '..', file)))).not.toThrow();
  });
});

describe('findUnsaid and findUnlisted', () => {
  const page =
    '# Fuse\n\n## What it promises\n\n- It cuts\n  within seconds.\n- It restores.\n\nMore.\n\n## Other\n\n- no promise\n';

  it('look at bullets of the section, whatever their line ends', () => {
    expect(listBullets(page)).toEqual(['It cuts within seconds.', 'It restores.']);
    expect(findUnlisted([{ promise: 'It cuts within\n seconds.', proofs: [] }], page)).toEqual(['It restores.']);
    expect(findUnsaid([{ promise: 'It cuts within days.', proofs: [] }], page)).toEqual(['It cuts within days.']);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'connection-fuse-evidence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function report(name: string, lines: readonly object[]): void {
  writeFileSync(join(folder, name), lines.map((line) => JSON.stringify(line)).join('\n'));
}

const assertion = (fullName: string, status: string) => ({ fullName, status });
report('tests.json', [
  {
    testResults: [
      {
        name: '/anywhere/test/a.test.ts',
        assertionResults: [
          assertion('guard spares one', 'passed'),
          assertion('guard spares two', 'passed'),
          assertion('guard breaks', 'failed'),
          assertion('guard waits', 'pending'),
        ],
      },
    ],
  },
]);
report('bench.jsonl', [
  { name: 'cut, p99', value: 1200, unit: 'ms', budget: 'at most 3000 ms', ok: true },
  { name: 'cut, lost', value: null, unit: '', ok: true },
]);
report('faults.jsonl', [
  { name: 'ransomware: assess', points: 40, overstated: 0 },
  { name: 'ransomware: restore', points: 2, overstated: 1 },
  { name: 'fleet: assess', points: 3, overstated: 0 },
]);
report('acceptance.jsonl', [
  { target: 'lab', check: 'isolation', ok: true },
  { target: 'moto', check: 'isolation', ok: null, notJudged: 'no hosts' },
  { target: 'moto', check: 'sockets', ok: null, notJudged: 'no hosts' },
]);
report('validate.jsonl', [{ validator: 'cfn-lint', target: 'a', ok: false }]);
writeFileSync(join(folder, 'broken.json'), '{"testResults":');
report('soak.json', [{ figures: [{ name: 'events lost', value: 0, unit: 'events', ok: true }] }]);

describe('findResult', () => {
  const results = readResults(folder);

  it.each<[Proof, string, string]>([
    [{ test: 'test/a.test.ts', title: 'spares' }, 'passed', '2 passed'],
    [{ test: 'test/a.test.ts', title: 'breaks' }, 'failed', '1 of 1 failed'],
    [{ test: 'test/a.test.ts', title: 'waits' }, 'not run', 'skipped'],
    [{ test: 'test/a.test.ts', title: 'is not there' }, 'not run', 'not run'],
    [{ test: 'test/b.test.ts', title: 'spares' }, 'not run', 'not run'],
    [{ bench: 'cut, p99' }, 'passed', '1200 ms (at most 3000 ms)'],
    [{ bench: 'cut, lost' }, 'not run', 'not run'],
    [{ faults: 'ransomware' }, 'failed', '1 violations at 42 fault points'],
    [{ faults: 'fleet' }, 'passed', '0 violations at 3 fault points'],
    [{ acceptance: 'isolation' }, 'passed', 'passed'],
    [{ acceptance: 'sockets' }, 'not run', 'not judged'],
    [{ validator: 'cfn-lint' }, 'failed', '1 of 1 failed'],
    [{ soak: 'events lost' }, 'passed', '0 events'],
  ])('reads %j', (proof, state, words) => {
    expect(findResult(proof, results)).toEqual({ state, words });
  });

  it('backs a promise by a proof that passed, none that failed, and none but figures of the bench that did not run', () => {
    const passed: Proof = { soak: 'events lost' };
    const missing: Proof = { bench: 'nothing' };
    const failed: Proof = { validator: 'cfn-lint' };
    const evidence = gatherEvidence(
      [
        { promise: 'one holds', proofs: [passed, missing] },
        { promise: 'two is not run', proofs: [missing] },
        { promise: 'three is | broken', proofs: [passed, failed] },
        { promise: 'four has a gap', proofs: [passed, { soak: 'nothing' }] },
      ],
      results,
    );

    expect(findUnbacked(evidence).map((words) => words.split(':')[0])).toEqual([
      '"two is not run"',
      '"three is | broken"',
      '"four has a gap"',
    ]);
    expect(writeEvidencePage(evidence)).toContain('| three is \\| broken | soak: events lost | 0 events |');
    expect(writeEvidencePage(evidence)).toContain('| bench: nothing | **not run** |');
    expect(toLines(evidence)[1]).toEqual({
      promise: 'one holds',
      proof: 'bench: nothing',
      state: 'not run',
      words: 'not run',
    });
  });
});
