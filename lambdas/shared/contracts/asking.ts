import * as z from 'zod/mini';
import { CohortSchema, IncidentSchema } from './incident.ts';

/** What a person answers; the `fuse` command sends it to the waiting task. */
export const AnswerSchema = z.strictObject({
  approved: z.boolean(),
  by: z.string().check(z.minLength(1), z.maxLength(200)),
  reason: z.string().check(z.minLength(1), z.maxLength(1000)),
});
export type Answer = z.infer<typeof AnswerSchema>;

const question = {
  taskToken: z.string().check(z.minLength(1)),
  incident: IncidentSchema,
  cohort: CohortSchema,
  executionId: z.string(),
  /** When it was asked first: the time to answer counts from here. */
  askedAt: z.string(),
};

/** The steps of `ask-person`, as the state machine `approve` calls them. */
export const AskRequestSchema = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('ask'), ...question }),
  /** The same question again, with a token of its own: the former one counts no more. */
  z.strictObject({ step: z.literal('remind'), ...question }),
  z.strictObject({
    step: z.literal('record'),
    incident: IncidentSchema,
    cohort: CohortSchema,
    /** Unchecked: whoever holds the token can send anything. Null when nobody answered or asking failed. */
    answer: z.unknown(),
    /** Why there is no answer: the error's name and cause; null when there is one. */
    failure: z.nullable(z.object({ error: z.string(), cause: z.string() })),
    executionId: z.string(),
  }),
]);
export type AskRequest = z.infer<typeof AskRequestSchema>;
