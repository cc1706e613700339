import { beforeAll, describe, expect, it } from 'vitest';
import { createPowerShellReader, windowsScripts, windowsSources } from './windows-syntax.ts';
import type { PowerShellReader } from './windows-syntax.ts';

// Nothing here was run on Windows: what bounds a verdict is read in the text, and how long one gets is counted.

const stems = Object.keys(windowsScripts);
const prelude = windowsSources['parts/prelude.ps1'] ?? '';
const readNumber = (name: string): number => Number(new RegExp(`^\\$${name} = (\\d+)$`, 'm').exec(prelude)?.[1]);

describe('the verdict of the Windows documents', () => {
  let reader: PowerShellReader;
  beforeAll(async () => {
    reader = await createPowerShellReader();
  });

  it('is printed at one place only, after it was bounded, in at most 2,000 characters', () => {
    const printing = Object.entries(windowsSources).flatMap(([path, text]) =>
      (text.match(/^.*(\[Console\]::Out|Write-Output|Write-Host).*$/gm) ?? []).map((line) => `${path}:${line}`),
    );

    expect(readNumber('mostCharacters')).toBe(2000);
    expect(printing).toEqual(['parts/prelude.ps1:  [Console]::Out.WriteLine((ConvertTo-Line $line))']);
    expect(prelude).toContain(
      [
        '  if ($text.Length -gt $mostCharacters) { Limit-Verdict $line $text }',
        '  [Console]::Out.WriteLine((ConvertTo-Line $line))',
      ].join('\n'),
    );
  });

  it.for(stems)('is bounded by the same text in %s', (stem) => {
    const { calls, functions } = reader.readWhole(`${stem}.ps1`);

    expect([functions.get('Limit-Verdict'), functions.get('Write-Verdict')]).toEqual([2, 1]);
    expect(calls.filter(({ name }) => name === 'Limit-Verdict').length).toBe(1);
  });

  it('is kept whole with its digest, names how many there were, and shortens an error only while it is too long', () => {
    const limit = /^function Limit-Verdict[^]*?^}$/m.exec(prelude)?.[0] ?? '';

    expect(limit).toMatch(/\$path = Save-Note \$name \$Whole\n +\$Fields\['wholeDigest'\] = Get-FileDigest \$path/);
    expect(limit).toContain('$Fields["${field}Total"] = $bad.Length + $good.Length');
    expect(limit).toContain('[object[]]@($bad + $good | Select-Object -First $mostItems)');
    expect(limit).toContain('while ((ConvertTo-Line $Fields).Length -gt $mostCharacters');
  });

  it('has room for all that a cut can name, and for fifty characters of error that JSON writes as six each', () => {
    const name = `windows:${'n'.repeat(100)}`;
    const item = { name, before: 'inactive', now: 'inactive', status: 'already-released' };
    const longest = {
      ok: false,
      document: 'release-task',
      incident: 'i'.repeat(48),
      tasks: Array.from({ length: readNumber('mostItems') }, () => item),
      totalMs: 120_000,
      error: '',
      wholeFile: `C:\\ProgramData\\connection-fuse\\${'i'.repeat(48)}\\verdict-release-task-20260101000000000.json`,
      wholeDigest: 'd'.repeat(64),
      tasksTotal: 9999,
    };

    // A cut names five at most: its undo starts again what its verdict names.
    expect(readNumber('mostItems')).toBeGreaterThanOrEqual(5);
    expect(JSON.stringify(longest).length + 50 * '\\u0027'.length).toBeLessThanOrEqual(readNumber('mostCharacters'));
  });
});
