import { readFileSync } from 'node:fs';
import { killSessionsParameters, killSessionsScript } from '../../documents/kill-sessions.ts';
import { releaseSessionsScript } from '../../documents/release-sessions.ts';
import type {
  KillSessionsVerdict,
  ReleaseSessionsVerdict,
} from '../../lambdas/shared/actions/kill-sessions/verdicts.ts';
import { runDocument, type DatabaseProcess, type DocumentEnd } from './database-process.ts';
import type { Session } from './postgres-server.ts';

/** One line of the list a document leaves on the host. */
export interface ListedSession {
  readonly choice: string;
  readonly reason: string;
  readonly identity: string;
  readonly user: string;
  readonly application: string;
  readonly address: string;
  readonly transactionStart: string;
  readonly state: string;
}

export type Values = Readonly<Record<string, string>>;

const defaults: Values = {
  incident: 'inc-1',
  connection: 'local',
  minAgeSeconds: killSessionsParameters.minAgeSeconds.default,
  spare: killSessionsParameters.spare.default,
  holdLogins: killSessionsParameters.holdLogins.default,
  deadlineSeconds: '20',
};

/** Runs the killing document on this server. */
export async function runKillSessions(
  server: DatabaseProcess,
  values: Values,
  script = killSessionsScript,
  environment: Values = {},
): Promise<DocumentEnd<KillSessionsVerdict>> {
  return runDocument(server.folder, script, { ...defaults, ...values }, { ...reach(server), ...environment });
}

/** Runs the releasing document on this server. */
export async function runReleaseSessions(
  server: DatabaseProcess,
  values: Values,
  script = releaseSessionsScript,
): Promise<DocumentEnd<ReleaseSessionsVerdict>> {
  const all = { incident: 'inc-1', deadlineSeconds: '20', ...values };
  return runDocument(server.folder, script, all, reach(server));
}

/** Reads the list a verdict names. */
export function readSessionList({ listFile }: KillSessionsVerdict): readonly ListedSession[] {
  const [head = '', ...lines] = readFileSync(listFile, 'utf8').trimEnd().split('\n');
  const names = head.split('\t');
  return lines.map((line) => {
    const values = line.split('\t');
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) as unknown as ListedSession;
  });
}

/** How many of these sessions still answer. */
export async function countLiving(sessions: readonly Session[]): Promise<number> {
  const answers = await Promise.allSettled(sessions.map(async (session) => session.query('select 1')));
  return answers.filter(({ status }) => status === 'fulfilled').length;
}

/** Opens a number of sessions at once. */
export async function openMany(count: number, open: (index: number) => Promise<Session>): Promise<Session[]> {
  return Promise.all(Array.from({ length: count }, async (_, index) => open(index)));
}

/** Where the clients find the server of a test: libpq by its variables, MariaDB's by the option file in HOME. */
function reach({ folder, port }: DatabaseProcess): Values {
  return { PGHOST: folder, PGPORT: String(port) };
}

/** Changes a script; what is to be replaced must be there. */
export function change(script: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`Script has no "${from}"`);
    return text.replaceAll(from, () => to);
  }, script);
}
