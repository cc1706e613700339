import * as z from 'zod/mini';
import { ActionOutcomeSchema, LostActionSchema } from './action.ts';
import { AssessmentSchema } from './incident.ts';

/** How the question to a person stands: `asked` waits; `unanswered` ran out of time and nothing was cut. */
export const askStatuses = ['asked', 'approved', 'declined', 'unanswered', 'failed'] as const;

export const AskStepSchema = z.object({
  action: z.literal('ask-person'),
  cohortId: z.string(),
  status: z.enum(askStatuses),
  summary: z.string(),
});
export type AskStep = z.infer<typeof AskStepSchema>;

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
  AskStepSchema,
  /** The cause was mended and the cut undone again, within the same incident. */
  z.object({
    action: z.literal('restore'),
    cohortId: z.string(),
    status: z.enum(['restored', 'failed']),
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
  /** Set when one cohort is closed apart, after a person answered; null for the incident as a whole. */
  cohortId: z.nullable(z.string()),
});
export type ClosingRequest = z.infer<typeof ClosingRequestSchema>;

export const closingOutcomes = [
  'contained',
  'recovered',
  'failed-over',
  'held-open',
  'locked',
  'partly-contained',
  'failed',
  'handed-over',
  'awaiting-approval',
  'declined',
  'observed',
  'planned',
  'refused',
  'ignored',
  'repeated',
] as const;
export type ClosingOutcome = (typeof closingOutcomes)[number];
