import * as z from 'zod/mini';
import type { Change, Json } from './actions/action.ts';
import type { AuditItem } from './clients/audit-item.ts';
import { readStepKey } from './clients/audit-keys.ts';
import { ModeSchema, type Mode } from './clients/audit-table.ts';
import {
  ActionOutcomeSchema,
  RemarkSchema,
  type ActionOutcome,
  type ActionStatus,
  type Remark,
} from './contracts/action.ts';
import { LookupFailedError } from './errors.ts';

const json = z.custom<Json>((value) => value !== undefined);

const ChangeSchema = z.object({
  target: z.string(),
  server: z.string(),
  alsoTouches: z.optional(z.array(z.string())),
  outlivesServer: z.optional(z.boolean()),
  before: json,
  intended: json,
});

/** The former states are opaque here: only their action understands them. */
const IntendedSchema = z.object({
  changes: z.array(ChangeSchema),
  leftAlone: z.array(RemarkSchema),
  unable: z.array(RemarkSchema),
  mode: ModeSchema,
  at: z.string(),
});

const AppliedSchema = z.object({ firstCallAt: z.string() });

const ClosedSchema = z.object({
  outcome: ActionOutcomeSchema,
  observations: z._default(z.array(z.object({ target: z.string(), held: z.boolean(), seen: json })), []),
});

/** Written by restore; how each target ended decides what is left to undo. */
const UndoneSchema = z.object({
  undoings: z.array(z.object({ target: z.string(), status: z.string(), reason: z.string() })),
});

/** The write-ahead entry: what was going to be changed, with the full former state. */
export interface Intended {
  readonly changes: readonly Change[];
  readonly leftAlone: readonly Remark[];
  readonly unable: readonly Remark[];
  readonly mode: Mode;
  readonly at: string;
}

/** Everything the audit table holds about one action on one cohort. */
export interface RecordedEntry {
  readonly intended: Intended | null;
  readonly firstCallAt: string | null;
  readonly outcome: ActionOutcome | null;
  /** What verify saw, by target. */
  readonly seen: ReadonlyMap<string, Json>;
  /** Targets that were read back and held in no try: they were never cut. */
  readonly neverHeld: ReadonlySet<string>;
  /** How often undo was recorded, and the targets it is done with. */
  readonly undoCount: number;
  readonly undone: ReadonlySet<string>;
  /** Those among them that stayed cut at the time, for an earlier incident held them too. */
  readonly kept: ReadonlySet<string>;
}

/** Ends of an undo that leave nothing more to do for a target; a `kept` one is the earlier incident's to put back. */
export const settledStatuses: ReadonlySet<string> = new Set(['undone', 'already-undone', 'irreversible', 'kept']);

/** Two tries may close one entry differently, each by what it saw: the worse word is the entry's. */
const worstFirst: readonly ActionStatus[] = [
  'failed',
  'partial',
  'refused',
  'handed-over',
  'planned',
  'unchanged',
  'verified',
  // Tried again, and only then: whatever came of that is the entry's word.
  'no-standby',
];

/** Reads the steps of one entry; throws LookupFailedError on a step it does not understand. */
export function readRecordedEntry(items: readonly AuditItem[]): RecordedEntry {
  const steps = items.map((item) => ({ item, step: readStepKey(item.sk)?.step ?? '' }));
  const having = (prefix: string) => steps.filter(({ step }) => step.startsWith(prefix)).map(({ item }) => item);
  const [intended] = having('1-intended');
  const [applied] = having('2-');
  const closings = [...having('3-'), ...having('1-handed-over')].map((item) => read(ClosedSchema, item));
  const observations = closings.flatMap((closing) => closing.observations);
  // Nothing seen is no proof: such a target may hold.
  const mayHold = new Set(observations.filter(({ held, seen }) => held || seen === null).map(({ target }) => target));
  const undos = steps.filter(({ step }) => Number.parseInt(step, 10) >= 4).map(({ item }) => read(UndoneSchema, item));
  const undoings = undos.flatMap((undo) => undo.undoings);
  return {
    intended: intended === undefined ? null : toIntended(read(IntendedSchema, intended)),
    firstCallAt: applied === undefined ? null : read(AppliedSchema, applied).firstCallAt,
    outcome: findWorst(closings.map(({ outcome }) => outcome)),
    // A try that saw nothing must not hide what another one saw.
    seen: new Map([...observations].sort(heldLast).map(({ target, seen }) => [target, seen])),
    neverHeld: new Set(observations.map(({ target }) => target).filter((target) => !mayHold.has(target))),
    undoCount: undos.length,
    undone: new Set(undoings.filter(({ status }) => settledStatuses.has(status)).map(({ target }) => target)),
    kept: new Set(undoings.filter(({ status }) => status === 'kept').map(({ target }) => target)),
  };
}

function findWorst(outcomes: readonly ActionOutcome[]): ActionOutcome | null {
  const [worst] = [...outcomes].sort(
    (left, right) => worstFirst.indexOf(left.status) - worstFirst.indexOf(right.status),
  );
  return worst ?? null;
}

function heldLast(left: { held: boolean }, right: { held: boolean }): number {
  return Number(left.held) - Number(right.held);
}

/** What is absent stays absent: `undefined` is no value of a change. */
function toIntended(found: z.infer<typeof IntendedSchema>): Intended {
  const changes = found.changes.map(({ alsoTouches, outlivesServer, ...change }) => ({
    ...change,
    ...(alsoTouches !== undefined && { alsoTouches }),
    ...(outlivesServer !== undefined && { outlivesServer }),
  }));
  return { ...found, changes };
}

function read<Schema extends z.ZodMiniType>(schema: Schema, item: AuditItem): z.output<Schema> {
  const parsed = z.safeParse(schema, item);
  if (parsed.success) return parsed.data;
  throw new LookupFailedError(`Audit entry "${item.pk} ${item.sk}" not understood: it is malformed`);
}
