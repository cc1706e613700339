import * as z from 'zod/mini';

const item = <Status extends string>(statuses: readonly [Status, ...Status[]]) =>
  z.object({ name: z.string(), before: z.string(), now: z.string(), status: z.enum(statuses) });

/** The one line a host prints after holding tasks. */
export const HoldVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('hold-task'),
  incident: z.string(),
  tasks: z.array(item(['held', 'already-held', 'failed'])),
  error: z.string(),
});

/** The one line a host prints after letting them run again. */
export const ReleaseTaskVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('release-task'),
  incident: z.string(),
  tasks: z.array(item(['released', 'already-released', 'drifted', 'failed'])),
  error: z.string(),
});
