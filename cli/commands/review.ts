import { setTimeout as sleep } from 'node:timers/promises';
import { userInfo } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { CAC } from 'cac';
import { sha256Hex, toCanonicalJson } from '../../lambdas/shared/canonical-json.ts';
import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import { parseWith } from '../../lambdas/shared/contracts/parse.ts';
import { isRecord, readText } from '../../lambdas/shared/record.ts';
import { ReviewRegister } from '../../lambdas/shared/reviews/review-register.ts';
import type { Review } from '../../lambdas/shared/reviews/review.ts';
import { reviewDetailType, ReviewEventSchema, reviewSource } from '../../lambdas/shared/reviews/review-event.ts';
import type { ReviewEvent } from '../../lambdas/shared/reviews/review-event.ts';
import { defaultStackName, findDeployment } from '../account.ts';
import type { AccountOptions, Deployment } from '../account.ts';
import { paint, print, printJson, progress, UsageError } from '../output.ts';
import { TableReader } from './audit/table-reader.ts';
import { listReviews } from './review-list.ts';

export interface ReviewOptions extends AccountOptions {
  readonly border?: string;
  readonly scope?: string | readonly string[];
  readonly owner?: string | number;
  readonly reason?: string | number;
  readonly until?: string | number;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `fuse review`: opens and closes compliance reviews, and tells what is locked for them. */
export function addReviewCommand(cli: CAC): void {
  cli
    .command('review <verb> [name]', 'Compliance reviews: open <name>, close <name>, list')
    .option('--border <name>', 'open: the border of the policy that is locked')
    .option('--scope <kind=value>', 'open: service=NAME, profile=NAME or server=ID; server may be given several times')
    .option('--owner <name>', 'open: who answers for the review')
    .option('--until <time>', 'open: when it is over at the latest, ISO 8601 with a zone')
    .option('--reason <text>', 'open, close: why; wanted')
    .option('--all', 'list: unlocked ones too')
    .option('--stack <name>', 'Stack of the fuse', { default: defaultStackName })
    .option('--json', 'One JSON object a review')
    .example(
      '  fuse review open export-2026-11 --border abroad --scope service=shop --owner "legal desk" ' +
        '--until 2026-12-01T00:00:00Z --reason "data export audit"',
    )
    .example('  fuse review close export-2026-11 --reason "nothing found"\n  fuse review list')
    .action(async (verb: string, name: string | number | undefined, options: ReviewOptions) => {
      if (verb === 'list') return listReviews(await findDeployment(options), options);
      const toEvent = verbs[verb];
      if (toEvent === undefined) throw new UsageError(`There is no review verb "${verb}"`, 'Use open, close or list');
      if (name === undefined) throw new UsageError('The review is not named', `fuse review ${verb} <name> ...`);
      return send(toEvent(String(name), options), options);
    });
}

const verbs: Readonly<Record<string, (name: string, options: ReviewOptions) => ReviewEvent>> = {
  open: (name, { border, scope, owner, reason, until }) =>
    check({
      operation: 'open',
      name,
      border,
      scope: toScope(scope),
      // The parser makes numbers of what looks like them.
      owner: owner === undefined ? undefined : String(owner),
      reason: reason === undefined ? undefined : String(reason),
      until: until === undefined ? undefined : String(until),
    }),
  close: (name, { reason }) =>
    check({
      operation: 'close',
      name,
      by: userInfo().username,
      reason: reason === undefined ? undefined : String(reason),
    }),
};

function check(event: object): ReviewEvent {
  return parseWith(ReviewEventSchema, event, 'Review', (message) => new UsageError(message, 'fuse review --help'));
}

/** `service=shop` becomes `{ service: 'shop' }`; several servers become one list. */
export function toScope(given: ReviewOptions['scope']): object {
  const parts = (given === undefined ? [] : [given].flat()).map((part) => {
    const [kind = '', ...value] = part.split('=');
    return { kind, value: value.join('=') };
  });
  const servers = parts.filter(({ kind }) => kind === 'server').map(({ value }) => value);
  const others = parts.filter(({ kind }) => kind !== 'server').map(({ kind, value }) => [kind, value]);
  if (others.length > 1) throw new UsageError('A review has one scope', 'Open a second review for the second scope');
  return { ...Object.fromEntries(others), ...(servers.length > 0 && { servers }) };
}

async function send(event: ReviewEvent, options: ReviewOptions): Promise<void> {
  const deployment = await findDeployment(options);
  const eventId = await putEvent(event, deployment);
  progress('Sent; waiting until it is on record');
  const review = await waitForRecord(event, eventId, deployment);
  const { opening, closing } = review;
  if (options.json === true) return printJson({ ...opening, closing });
  const state = closing === null ? `open until ${opening.until}` : `closed by ${closing.by}`;
  print(`${paint.good(opening.name)} ${state}; fuse review list tells what is locked`);
}

async function putEvent(event: ReviewEvent, { busName }: Deployment): Promise<string> {
  const entry = {
    EventBusName: busName,
    Source: reviewSource,
    DetailType: reviewDetailType,
    Detail: JSON.stringify(event),
  };
  const { Entries: [answer] = [] } = await new EventBridgeClient().send(new PutEventsCommand({ Entries: [entry] }));
  if (answer?.EventId !== undefined) return answer.EventId;
  throw new UsageError(
    `The bus did not take it: ${answer?.ErrorCode ?? 'no answer'} ${answer?.ErrorMessage ?? ''}`,
    'Ask for events:PutEvents on the bus of the fuse',
  );
}

const waitForMs = 60_000;

/** Only what stands in the table is told: a review that was refused is not open, whatever the bus took. */
async function waitForRecord(event: ReviewEvent, eventId: string, { tableName }: Deployment): Promise<Review> {
  const client = new DynamoDBClient();
  const [register, reader] = [new ReviewRegister(client, tableName), new TableReader(client, tableName)];
  for (const deadlineMs = Date.now() + waitForMs; Date.now() < deadlineMs; await sleep(300)) {
    const refusal = await findRefusal(event, eventId, reader);
    if (refusal !== undefined) throw new UsageError(`The review was refused: ${refusal}`, 'fuse review list');
    const review = await register.find(event.name);
    if (review !== null && isOnRecord(event, review)) return review;
  }
  throw new UsageError(
    `Nothing of it is on record after ${waitForMs / 1000} s`,
    'Look into the dead letters of the fuse, and at fuse review list',
  );
}

function isOnRecord(event: ReviewEvent, { opening, closing }: Review): boolean {
  if (event.operation === 'close')
    return closing !== null && closing.reason === event.reason && closing.by === event.by;
  const { owner, border, reason, until } = event;
  const asked = [owner, border, reason, new Date(until).toISOString()];
  return (
    closing === null && asked.join('\n') === [opening.owner, opening.border, opening.reason, opening.until].join('\n')
  );
}

async function findRefusal(event: ReviewEvent, eventId: string, reader: TableReader): Promise<string | undefined> {
  const items = await reader.readPartition(auditKeys.rejected(sha256Hex(toCanonicalJson(event))));
  const failure = items.find(({ sk }) => sk === auditKeys.failedExecution(eventId))?.['failure'];
  return isRecord(failure) ? (readText(failure['cause']) ?? 'no reason is on record') : undefined;
}
