import * as z from 'zod/mini';

const item = z.object({ name: z.string(), before: z.string(), now: z.string(), status: z.string() });

/**
 * The one line a host prints after it looked to its clock. `kept`: its own sources do; `carried`: the backup does already;
 * `switched`: the backup does from now on.
 */
export const HoldVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('hold-time'),
  incident: z.string(),
  backup: z.string(),
  result: z.enum(['kept', 'carried', 'switched', 'failed']),
  changed: z.boolean(),
  selected: z.string(),
  watched: z.array(z.object({ name: z.string(), answer: z.enum(['answers', 'silent']), state: z.string() })),
  sources: z.array(item),
  boundMs: z.nullable(z.number()),
  limitMs: z.number(),
  growthPpm: z.nullable(z.number()),
  underLimitSeconds: z.nullable(z.number()),
  hardwareClock: z.string(),
  error: z.string(),
});
export type HoldVerdict = z.infer<typeof HoldVerdictSchema>;

/** The one line a host prints after it put its sources back. */
export const ReleaseVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('release-time'),
  incident: z.string(),
  sources: z.array(z.object({ ...item.shape, status: z.enum(['undone', 'already-undone', 'drifted', 'failed']) })),
  error: z.string(),
});
