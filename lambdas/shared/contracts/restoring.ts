import * as z from 'zod/mini';
import { ActionIdSchema } from './action.ts';
import { ServerIdSchema } from './signal.ts';

/** The input of the restore state machine: which cuts to undo, who asks and why. */
export const RestoreRequestSchema = z.strictObject({
  incidentId: z.optional(z.string()),
  /** Narrows an incident to one of its cohorts. */
  cohortId: z.optional(z.string()),
  server: z.optional(ServerIdSchema),
  action: z.optional(ActionIdSchema),
  /** Narrows an incident to these actions. */
  actions: z.optional(z.array(ActionIdSchema)),
  /** Everything whose time is over; names nothing else. */
  expired: z.optional(z.literal(true)),
  /** Undone by the fuse itself (expired, or its cause is mended), not by a person: a repeat need not ask. */
  automatic: z.optional(z.literal(true)),
  requestedBy: z.string().check(z.minLength(1), z.maxLength(200)),
  reason: z.string().check(z.minLength(1), z.maxLength(1000)),
});
export type RestoreRequest = z.infer<typeof RestoreRequestSchema>;

/** Names one audit entry: one action on one cohort of one incident. */
export const EntryKeySchema = z.strictObject({ incidentId: z.string(), action: ActionIdSchema, cohortId: z.string() });
export type EntryKey = z.infer<typeof EntryKeySchema>;

/** The three steps of the restore function, as its state machine calls them. */
export const RestoreStepSchema = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('find-entries'), request: RestoreRequestSchema }),
  z.strictObject({ step: z.literal('undo-entry'), request: RestoreRequestSchema, entry: EntryKeySchema }),
  z.strictObject({
    step: z.literal('close-restore'),
    /** Unchecked: a malformed request ends here too, and must be recorded. */
    request: z.unknown(),
    results: z.array(z.unknown()),
    failure: z.nullable(z.object({ error: z.string(), cause: z.string() })),
    executionId: z.string(),
  }),
]);

/**
 * How one entry ended: `undone` was put back and read back, `already-undone` had been before, `irreversible` has nothing
 * left to put back, `kept` stays cut because an earlier incident cut it too and puts it back in the end, `drifted` met
 * a third state and was left alone, `refused` was stopped by the guard, `failed` could not be put back.
 */
export const undoStatuses = [
  'undone',
  'already-undone',
  'irreversible',
  'kept',
  'drifted',
  'refused',
  'failed',
] as const;
export type UndoStatus = (typeof undoStatuses)[number];

export const UndoResultSchema = z.object({
  entry: EntryKeySchema,
  status: z.enum(undoStatuses),
  summary: z.string(),
  /** The entries whose cuts keep targets of a `kept` one cut. */
  keptBy: z.optional(z.array(EntryKeySchema)),
});
export type UndoResult = z.infer<typeof UndoResultSchema>;
