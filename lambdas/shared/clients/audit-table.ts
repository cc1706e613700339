import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { EntryKey } from '../contracts/restoring.ts';
import { LookupFailedError } from '../errors.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { AuditItem } from './audit-item.ts';
import { auditKeys } from './audit-keys.ts';
import { AuditStore, type CallOptions, type PutResult } from './audit-store.ts';
import { openIncident, type Opening, type OpeningRequest } from './open-incident.ts';

/** `shadow` runs everything and changes nothing, `off` refuses every change. */
export const ModeSchema = z.enum(['shadow', 'armed', 'off']);
export type Mode = z.infer<typeof ModeSchema>;

/** A question that waits, or waited, for a person. Its token is the right to answer it. */
export const QuestionSchema = z.object({
  incidentId: z.string(),
  cohortId: z.string(),
  reason: z.string(),
  servers: z.array(z.string()),
  askedAt: z.string(),
  until: z.string(),
  onTimeout: z.enum(['leave', 'cut']),
  executionId: z.string(),
  taskToken: z.string(),
});
export type Question = z.infer<typeof QuestionSchema>;

/** Something that is cut right now: put before the first change, removed only by restore. */
export const CutItemSchema = z.object({
  entry: z.object({ incidentId: z.string(), action: z.string(), cohortId: z.string() }),
  since: z.string(),
  /** When it is to be undone by itself; null when only a person undoes it. */
  expiresAt: z._default(z.nullable(z.string()), null),
  /** Each cut target with the server it belongs to. */
  targets: z.array(z.object({ target: z.string(), server: z.string() })),
  /** What a later cut, undone meanwhile, left on a shared target: its former state and the one it set. */
  inherited: z._default(z.array(z.object({ target: z.string(), before: z.unknown(), intended: z.unknown() })), []),
});
export type CutItem = z.infer<typeof CutItemSchema>;

/** More at once would wait for a socket, and that counts as a connection that hangs. */
const pointersAtOnce = 25;

/** The audit table in the words of the incident. Entries are only ever added; see AuditStore for the errors. */
export class AuditTable {
  readonly #store: AuditStore;

  constructor(client: DynamoDBClient, tableName: string, options: CallOptions = {}) {
    this.#store = new AuditStore(client, tableName, options);
  }

  /** Opens an incident once; says who acts when it was opened before. */
  async openIncident(request: OpeningRequest): Promise<Opening> {
    return openIncident(this.#store, request);
  }

  /** Adds one step of an entry, for example `1-intended`. */
  async putStep(key: EntryKey, step: string, content: Readonly<Record<string, unknown>>): Promise<PutResult> {
    return this.putInIncident(key.incidentId, auditKeys.step(key, step), content);
  }

  /** All steps of one entry, in order; their sort keys end in the step. */
  async readSteps(key: EntryKey): Promise<AuditItem[]> {
    return this.#store.query(auditKeys.incident(key.incidentId), auditKeys.entry(key));
  }

  async putInIncident(incidentId: string, sk: string, content: Readonly<Record<string, unknown>>): Promise<PutResult> {
    return this.#store.put({ ...content, pk: auditKeys.incident(incidentId), sk });
  }

  async readIncident(incidentId: string): Promise<AuditItem[]> {
    return this.#store.query(auditKeys.incident(incidentId));
  }

  /** Adds an entry that belongs to no incident: a rejected or ignored event, a restore that named none. */
  async putApart(pk: string, sk: string, content: Readonly<Record<string, unknown>>): Promise<PutResult> {
    return this.#store.put({ ...content, pk, sk });
  }

  /** Puts the question to a person; a later one carries the token that still counts. */
  async putQuestion(question: Question): Promise<void> {
    const { incidentId, cohortId, askedAt } = question;
    const gsi = { gsi1pk: auditKeys.questions, gsi1sk: `${askedAt}#${incidentId}#${cohortId}` };
    await this.#store.overwrite({ ...question, pk: auditKeys.question(incidentId, cohortId), sk: 'asked', ...gsi });
  }

  /** The newest questions, answered ones too, newest first. */
  async listQuestions(limit: number): Promise<Question[]> {
    const items = await this.#store.queryNewest(auditKeys.questions, limit);
    return items.map((item) => readItem(QuestionSchema, item));
  }

  /** The incident an execution opened, even where the execution itself never learned it. */
  async findIncidentOf(executionId: string): Promise<string | null> {
    const [pointer] = await this.#store.query(auditKeys.execution(executionId));
    return pointer === undefined ? null : String(pointer['incidentId']);
  }

  /** What ever happened to a server: ids of its incidents. One that is not closed yet is known by its cuts. */
  async listIncidentsOf(server: string): Promise<string[]> {
    const [pointers, cuts] = await Promise.all([this.#store.query(auditKeys.server(server)), this.listCuts()]);
    const open = cuts.filter(({ targets }) => targets.some((target) => target.server === server));
    return [
      ...new Set([
        ...pointers.map((pointer) => String(pointer['incidentId'])),
        ...open.map(({ entry }) => entry.incidentId),
      ]),
    ];
  }

  /** Lets the incident be found by each of its servers. May run twice. */
  async pointFrom(servers: readonly string[], incidentId: string, openedAt: string): Promise<void> {
    const pointer = { sk: auditKeys.incident(incidentId), incidentId, openedAt };
    await mapConcurrently(servers, pointersAtOnce, async (server) =>
      this.#store.overwrite({ ...pointer, pk: auditKeys.server(server) }),
    );
  }

  /** The openings of the newest incidents, newest first. */
  async listNewestIncidents(limit: number): Promise<AuditItem[]> {
    return this.#store.queryNewest(auditKeys.incidents, limit);
  }

  /** What is cut right now. */
  async listCuts(): Promise<CutItem[]> {
    const items = await this.#store.query(auditKeys.cut);
    return items.map((item) => readItem(CutItemSchema, item));
  }

  async putCut(cut: CutItem): Promise<PutResult> {
    return this.#store.put(toCutItem(cut));
  }

  async replaceCut(cut: CutItem): Promise<void> {
    await this.#store.overwrite(toCutItem(cut));
  }

  async removeCut(key: EntryKey): Promise<void> {
    await this.#store.remove(auditKeys.cut, auditKeys.cutOf(key));
  }

  /** The one switch. A table that never heard of it means `shadow`; one that cannot be read or understood throws. */
  async readMode(): Promise<Mode> {
    const item = await this.#store.get(auditKeys.control, auditKeys.mode);
    return item === null ? 'shadow' : readItem(z.object({ mode: ModeSchema }), item).mode;
  }

  async writeMode(mode: Mode, change: { setBy: string; reason: string; at: string }): Promise<void> {
    await this.#store.overwrite({ pk: auditKeys.control, sk: auditKeys.mode, mode, ...change });
  }
}

function toCutItem(cut: CutItem): AuditItem {
  const entry = cut.entry as EntryKey;
  const servers = [...new Set(cut.targets.map(({ server }) => server))];
  return { ...cut, pk: auditKeys.cut, sk: auditKeys.cutOf(entry), servers };
}

function readItem<Schema extends z.ZodMiniType>(schema: Schema, item: AuditItem): z.output<Schema> {
  const parsed = z.safeParse(schema, item);
  if (parsed.success) return parsed.data;
  throw new LookupFailedError(`Audit entry "${item.pk} ${item.sk}" not understood: it is malformed`);
}
