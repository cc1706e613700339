import * as z from 'zod/mini';

const item = <Status extends string>(statuses: readonly [Status, ...Status[]]) =>
  z.object({ name: z.string(), before: z.string(), now: z.string(), status: z.enum(statuses) });

/** The one line a host prints after stopping services. */
export const StopVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('stop-service'),
  incident: z.string(),
  services: z.array(item(['stopped', 'already-stopped', 'failed'])),
  error: z.string(),
});

/** The one line a host prints after starting them again. */
export const StartVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('start-service'),
  incident: z.string(),
  services: z.array(item(['started', 'already-started', 'drifted', 'failed'])),
  error: z.string(),
});
