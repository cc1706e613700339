import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listStatements } from './list-statements.ts';

const parts = join(import.meta.dirname, '..', '..', 'documents', 'linux', 'parts');
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cf-parts-'));
  cpSync(parts, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('listStatements', () => {
  it('hears every engine list, kill and look again, and no function that talks is left out', async () => {
    const { told, silent } = await listStatements();

    const sources = new Set(told.map(({ engine, source }) => `${engine} ${source}`));
    const names = {
      postgresql: 'postgresql',
      mariadb: 'mysql',
      mysql: 'mysql',
      oracle: 'oracle',
      sqlserver: 'sqlserver',
    };
    const wanted = Object.entries(names).flatMap(([engine, name]) =>
      ['list', 'kill', 'find_alive'].flatMap((verb) =>
        ['local', 'rds:orders'].map((connection) => `${engine} ${verb}_${name} ${connection}`),
      ),
    );
    expect(wanted.filter((source) => !sources.has(source))).toEqual([]);
    expect(silent).toEqual([]);
  });

  it('takes away what is for the client, and splits where the client sends', async () => {
    const { told } = await listStatements();

    const kills = told.filter(({ source }) => /^kill_(oracle|sqlserver) local$/.test(source));
    expect(kills.map(({ engine, text }) => `${engine} ${text.trim().split(/\s/)[0]}`)).toEqual([
      'oracle begin',
      'oracle begin',
      'sqlserver set',
      'sqlserver set',
    ]);
    expect(told.filter(({ text }) => /^(?:\/|go|whenever .*|\\.*)$/m.test(text))).toEqual([]);
  });

  it('hears what a changed script tells', async () => {
    appendFileSync(
      join(folder, 'sessions-oracle.sh'),
      'find_alive_oracle() { run_oracle <<<"select 2 from dual;"; }\n',
    );

    const { told } = await listStatements(folder);

    expect(told.filter(({ source }) => source === 'find_alive_oracle local').map(({ text }) => text)).toEqual([
      'select 2 from dual;',
    ]);
  });

  it('names a function that talks to a database and was never called', async () => {
    appendFileSync(join(folder, 'sessions-sqlserver.sh'), 'drop_sqlserver() { run_sqlserver <<<"drop login x;"; }\n');

    const { silent } = await listStatements(folder);

    expect(silent).toEqual(['drop_sqlserver']);
  });
});
