import * as z from 'zod/mini';

const count = z.number();

/** The one line a host prints after shedding. */
export const ShedVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('shed-connections'),
  incident: z.string(),
  load: z.string(),
  /** In the unit of `load`: percent of CPU, connections, or bytes a second. */
  before: count,
  after: count,
  lowMark: count,
  rounds: count,
  zombies: count,
  cut: count,
  survivors: count,
  goldenBefore: count,
  goldenLost: count,
  blocked: z.boolean(),
  tableDigest: z.string(),
  listFile: z.string(),
  listDigest: z.string(),
  error: z.string(),
});
