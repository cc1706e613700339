import * as z from 'zod/mini';
import { ActionOutcomeSchema, LostActionSchema } from './action.ts';
import { AssessmentSchema } from './incident.ts';

/** One entry of a cohort's way through the flowchart: an action's outcome, or that it was only observed. */
export const StepSchema = z.union([
  ActionOutcomeSchema,
  LostActionSchema,
  z.object({ action: z.literal('observe'), cohortId: z.string(), status: z.literal('observed'), summary: z.string() }),
  z.object({
    action: z.literal('fail-over'),
    cohortId: z.string(),
    status: z.literal('not-asked'),
    summary: z.string(),
  }),
]);
export type Step = z.infer<typeof StepSchema>;

export const FailureSchema = z.object({ error: z.string(), cause: z.string() });

/** What the state machine hands to `close-incident`: all that happened, or the failure that ended it early. */
export const ClosingRequestSchema = z.strictObject({
  assessment: z.nullable(AssessmentSchema),
  /** One list per cohort. */
  steps: z.array(z.array(StepSchema)),
  failure: z.nullable(FailureSchema),
  /** The event as it arrived: a failed incident keeps it, so that it can be played again. */
  event: z.unknown(),
  executionId: z.string(),
  receivedAt: z.string(),
});
export type ClosingRequest = z.infer<typeof ClosingRequestSchema>;

export const closingOutcomes = [
  'contained',
  'partly-contained',
  'failed',
  'handed-over',
  'observed',
  'planned',
  'refused',
  'ignored',
  'repeated',
] as const;
export type ClosingOutcome = (typeof closingOutcomes)[number];
