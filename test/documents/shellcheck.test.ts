import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readScript } from '../../documents/command-document.ts';

const folder = join(import.meta.dirname, '..', '..', 'documents', 'linux');
const names = readdirSync(folder).filter((name) => name.endsWith('.sh'));
/** Functions of a part take what some documents hand over and others do not. */
const options = ['-s', 'bash', '-e', 'SC2119,SC2120'];

describe.skipIf(spawnSync('shellcheck', ['--version']).status !== 0)('shellcheck', () => {
  it.each(names)('has nothing to say about %s with all its parts', (name) => {
    const input = readScript(`linux/${name}`);
    const { status, stdout } = spawnSync('shellcheck', [...options, '-'], { input, encoding: 'utf8' });

    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});
