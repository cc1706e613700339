import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killSession, listSessions } from '../../lambdas/shared/actions/kill-sessions/rds-statements.ts';
import { ValidatorMissingError } from './check.ts';
import { lastWords, runProgram } from './run-program.ts';

const root = join(import.meta.dirname, '..', '..');
const teller = join(import.meta.dirname, 'tell-statements.sh');

/** The engines, and what the parsers call their dialects. */
const dialects = {
  postgresql: 'postgres',
  mariadb: 'mariadb',
  mysql: 'mysql',
  oracle: 'oracle',
  sqlserver: 'tsql',
} as const;
type Engine = keyof typeof dialects;

/** What one function tells a database, as the server gets it. */
export interface Told {
  readonly engine: Engine;
  /** The function and how the database is reached. */
  readonly source: string;
  readonly dialect: string;
  readonly text: string;
}

/** All that is told, and the functions that would tell something and never did. */
export interface Telling {
  readonly told: readonly Told[];
  readonly silent: readonly string[];
}

/** Runs the session parts of the Linux documents, `folder`, with clients that write down what they are told. */
export async function listStatements(folder = join(root, 'documents', 'linux', 'parts')): Promise<Telling> {
  const own = await mkdtemp(join(tmpdir(), 'connection-fuse-statements-'));
  try {
    const run = await runProgram('bash', [teller, own], { cwd: folder });
    if (run.status !== 0) throw new ValidatorMissingError(`No statements were told: ${lastWords(run)}`);
    const records = toRecords(run.stdout);
    const told = records.flatMap(({ engine, name, connection, text }) =>
      isEngine(engine) ? toTold(engine, `${name} ${connection}`, text) : [],
    );
    const spoke = new Set(records.filter(({ engine }) => engine !== '').map(({ name }) => name));
    const silent = records.filter(({ engine, name }) => engine === '' && !spoke.has(name)).map(({ name }) => name);
    return { told: [...told, ...listRdsStatements()], silent };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

function toRecords(stdout: string) {
  const fields = stdout.split('\0').slice(0, -1);
  return Array.from({ length: fields.length / 4 }, (_, index) => {
    const [engine = '', name = '', connection = '', text = ''] = fields.slice(4 * index, 4 * index + 4);
    return { engine, name, connection, text };
  });
}

function isEngine(text: string): text is Engine {
  return Object.hasOwn(dialects, text);
}

function toTold(engine: Engine, source: string, text: string): Told[] {
  return takeClientAway(engine, text)
    .filter((part) => part.trim() !== '')
    .map((part) => ({ engine, source, dialect: dialects[engine], text: part }));
}

/** Cuts what is for the client out of its input, as the client does, and splits at the lines that send a batch. */
function takeClientAway(engine: Engine, text: string): string[] {
  switch (engine) {
    case 'postgresql':
      return [
        text
          .replaceAll(/^\\set .*$/gm, '')
          .replaceAll(String.raw`\gexec`, ';')
          .replaceAll(/:'\w+'/g, `'given'`),
      ];
    case 'oracle':
      return text.replaceAll(/^(?:set|whenever) .*$/gm, '').split(/^\/$/m);
    case 'sqlserver':
      return text.split(/^go$/m);
    case 'mariadb':
    case 'mysql':
      return [text];
    default:
      throw new Error(`No client of engine "${String(engine satisfies never)}" is known`);
  }
}

const identities: Readonly<Record<Engine, string>> = {
  postgresql: '4711-1795402923123456',
  mariadb: '57-0123456789abcdef0123456789abcdef',
  mysql: '57-0123456789abcdef0123456789abcdef',
  oracle: '132-874',
  sqlserver: '57-2026-11-23T01:02:03.123',
};

/** The statements for whoever reaches RDS without a host. */
function listRdsStatements(): Told[] {
  return (Object.keys(dialects) as Engine[]).flatMap((engine) =>
    [listSessions(engine), ...killSession(engine, identities[engine])].map(({ text }) => ({
      engine,
      source: 'rds-statements',
      dialect: dialects[engine],
      text: bindValues(engine, text),
    })),
  );
}

/** Values in the place of placeholders that belong to the driver, not to the language. */
function bindValues(engine: Engine, text: string): string {
  if (engine === 'oracle') return text.replaceAll(/(?<= )[:]\d\b/g, '1');
  return engine === 'mariadb' || engine === 'mysql' ? text.replaceAll(/(?<== )\?/g, `'1'`) : text;
}
