import * as z from 'zod/mini';
import { CohortSchema, IncidentSchema } from './incident.ts';

export const actionIds = [
  'revoke-security-groups',
  'kill-connections',
  'stop-service',
  'hold-task',
  'kill-sessions',
  'resync-clock',
  'fail-over',
  'shed-connections',
  'hold-open',
] as const;
export const ActionIdSchema = z.enum(actionIds);
export type ActionId = (typeof actionIds)[number];

/** What the flowchart hands to an action. */
export const ActionRequestSchema = z.strictObject({
  action: ActionIdSchema,
  incident: IncidentSchema,
  cohort: CohortSchema,
});
export type ActionRequest = z.infer<typeof ActionRequestSchema>;

/**
 * How an action ended. The words differ on purpose: `verified` was read back, `partial` held for some targets only,
 * `failed` for none, `refused` was stopped by the guard, `planned` ran in shadow mode and changed nothing,
 * `unchanged` found nothing to change, `no-standby` found nothing healthy to fail over to, `handed-over` waits for a
 * person.
 */
export const actionStatuses = [
  'verified',
  'partial',
  'failed',
  'refused',
  'planned',
  'unchanged',
  'no-standby',
  'handed-over',
] as const;
export type ActionStatus = (typeof actionStatuses)[number];

/** A target and the reason why it was left alone or could not be changed. */
export const RemarkSchema = z.strictObject({ target: z.string(), reason: z.string() });
export type Remark = z.infer<typeof RemarkSchema>;

export const ActionOutcomeSchema = z.strictObject({
  action: ActionIdSchema,
  cohortId: z.string(),
  status: z.enum(actionStatuses),
  summary: z.string(),
  counts: z.strictObject({
    /** Changes planned, confirmed by reading back, not confirmed, refused by the guard. */
    planned: z.number(),
    verified: z.number(),
    failed: z.number(),
    refused: z.number(),
    /** TCP connections ended on hosts, those still being dialled included; 0 for actions that end none. */
    connectionsCut: z.number(),
  }),
  /** The first 20 remarks; all of them stand in the audit entry. */
  remarks: z.array(RemarkSchema),
  /** When the first mutating call was sent and when the result had been read back; null when there was none. */
  firstCallAt: z.nullable(z.string()),
  verifiedAt: z.nullable(z.string()),
});
export type ActionOutcome = z.infer<typeof ActionOutcomeSchema>;

/** What the failed-task states of the flowchart put in an outcome's place. */
export const LostActionSchema = z.object({
  action: ActionIdSchema,
  cohortId: z.string(),
  status: z.literal('failed'),
  summary: z.string(),
});
