import { userInfo } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { CAC } from 'cac';
import * as z from 'zod/mini';
import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import { QuestionSchema } from '../../lambdas/shared/clients/audit-table.ts';
import type { Question } from '../../lambdas/shared/clients/audit-table.ts';
import { AnswerSchema } from '../../lambdas/shared/contracts/asking.ts';
import type { Answer } from '../../lambdas/shared/contracts/asking.ts';
import { parseWith } from '../../lambdas/shared/contracts/parse.ts';
import { mapConcurrently } from '../../lambdas/shared/map-concurrently.ts';
import { defaultStackName, findDeployment } from '../account.ts';
import type { AccountOptions } from '../account.ts';
import { paint, print, printJson, toTable, UsageError } from '../output.ts';
import { TableReader } from './audit/table-reader.ts';

interface AnswerOptions extends AccountOptions {
  readonly cohort?: string;
  readonly reason?: string | number;
  readonly json?: boolean;
}

/** No policy lets a person be waited for longer; a question is asked within minutes of its time. */
const longestWaitMs = 86_400_000 + 3_600_000;
/** Incidents that are read at a time. */
const readsAtOnce = 20;

/** `fuse approvals`, `fuse approve` and `fuse decline`: what waits for a person, and the person's answer. */
export function addApproveCommands(cli: CAC): void {
  cli
    .command('approvals', 'List the cuts that wait for a person')
    .option('--stack <name>', 'Stack of the fuse', { default: defaultStackName })
    .option('--json', 'One JSON object a question')
    .action(async (options: AnswerOptions) => {
      const open = await listOpen(await openTable(options), () => true);
      if (options.json === true) open.forEach((question) => printJson(withoutToken(question)));
      else printQuestions(open);
    });
  for (const [verb, approved] of [
    ['approve', true],
    ['decline', false],
  ] as const) {
    cli
      .command(`${verb} <incident>`, approved ? 'Agree to a cut that waits' : 'Refuse a cut that waits')
      .option('--cohort <id>', 'Which of its cohorts; wanted where several wait')
      .option('--reason <text>', 'Why; wanted, and recorded with your name')
      .option('--stack <name>', 'Stack of the fuse', { default: defaultStackName })
      .option('--json', 'One JSON object')
      .example(`  fuse ${verb} inc-0123456789abcdef0123 --reason "checked with the desk"`)
      .action(async (incident: string, options: AnswerOptions) => {
        const answer = toAnswer(approved, options);
        const table = await openTable(options);
        const open = await listOpen(table, ({ incidentId }) => incidentId === incident);
        const question = chooseQuestion(open, incident, options.cohort);
        await answerWaiting(table, question, answer);
        const { incidentId, cohortId, servers } = question;
        if (options.json === true) printJson({ incidentId, cohortId, ...answer });
        else print(`${paint.good(`${verb}d`)} ${incidentId} ${cohortId}: ${servers.length} servers, ${answer.reason}`);
      });
  }
}

/** An answer that `ask-person` would not understand counts as no: it must not be sent at all. */
function toAnswer(approved: boolean, { reason = '' }: AnswerOptions): Answer {
  if (reason === '') throw new UsageError('An answer wants a reason', 'Add --reason "..."');
  // The parser makes a number of what looks like one.
  const answer = { approved, by: userInfo().username, reason: String(reason) };
  return parseWith(AnswerSchema, answer, 'Answer', (message) => new UsageError(message, 'Use a shorter --reason'));
}

async function openTable(options: AccountOptions): Promise<TableReader> {
  const { tableName } = await findDeployment(options);
  return new TableReader(new DynamoDBClient(), tableName);
}

/** Questions whose time is not over and that nobody has answered, the oldest first. */
export async function listOpen(table: TableReader, isWanted: (question: Question) => boolean): Promise<Question[]> {
  const now = new Date();
  const since = new Date(now.getTime() - longestWaitMs).toISOString();
  const asked = (await table.readSince(auditKeys.questions, since)).map((item) => z.parse(QuestionSchema, item));
  const waiting = asked.filter((question) => question.until > now.toISOString() && isWanted(question));
  const answered = await mapConcurrently(waiting, readsAtOnce, async ({ incidentId, cohortId }) => {
    const items = await table.readPartition(auditKeys.incident(incidentId));
    return items.some(({ sk }) => sk === auditKeys.answered(cohortId));
  });
  return waiting.filter((_question, index) => answered[index] === false);
}

/** Read anew: the list lags a little, and a question that was asked again has another token. */
async function readToken(table: TableReader, { incidentId, cohortId }: Question): Promise<string> {
  const [item] = await table.readPartition(auditKeys.question(incidentId, cohortId));
  return z.parse(QuestionSchema, item).taskToken;
}

function chooseQuestion(open: readonly Question[], incident: string, cohort: string | undefined): Question {
  const found = open.filter(
    ({ incidentId, cohortId }) => incidentId === incident && (cohort === undefined || cohortId === cohort),
  );
  const [only] = found;
  if (only === undefined) {
    throw new UsageError(`Nothing of incident "${incident}" waits for an answer`, 'fuse approvals lists what waits');
  }
  if (found.length === 1) return only;
  const names = found.map(({ cohortId }) => cohortId).join(', ');
  throw new UsageError(`Several cohorts of "${incident}" wait: ${names}`, 'Name one by --cohort');
}

/** A reminder may come in between: then its token is the one that counts, and the former is gone. */
async function answerWaiting(table: TableReader, question: Question, answer: Answer): Promise<void> {
  const token = await readToken(table, question);
  const gone = await send(token, answer);
  if (gone === null) return;
  const newer = await readToken(table, question);
  const stillGone = newer === token ? gone : await send(newer, answer);
  if (stillGone !== null) throw refuseGone(question, stillGone);
}

/** Null when the answer was taken; otherwise the word for a token that nobody waits for any more. */
async function send(taskToken: string, answer: Answer): Promise<string | null> {
  try {
    await new SFNClient().send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(answer) }));
    return null;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name !== 'TaskTimedOut' && name !== 'TaskDoesNotExist' && name !== 'InvalidToken') throw error;
    return name;
  }
}

/** An answer that did not count must not look as if it had, and one that may still be given not as if it were too late. */
function refuseGone({ incidentId, until }: Question, name: string): UsageError {
  if (until > new Date().toISOString()) {
    return new UsageError(
      `The answer was not taken: this question of incident "${incidentId}" is gone (${name}), answered or asked again just now`,
      `fuse approvals lists what waits, fuse audit show ${incidentId} says what happened`,
    );
  }
  return new UsageError(
    `The answer came too late: incident "${incidentId}" waits no more (${name})`,
    `fuse audit show ${incidentId} says what happened`,
  );
}

function printQuestions(open: readonly Question[]): void {
  if (open.length === 0) return print('Nothing waits for a person');
  const rows = open.map(({ incidentId, cohortId, servers, until, reason }) => [
    incidentId,
    cohortId,
    String(servers.length),
    until,
    reason,
  ]);
  for (const line of toTable([['incident', 'cohort', 'servers', 'until', 'why'], ...rows])) print(line);
}

/** The token is the right to answer: it stays out of what is printed. */
function withoutToken({ taskToken: _token, ...shown }: Question): Omit<Question, 'taskToken'> {
  return shown;
}
