import * as z from 'zod/mini';

const digest = z.string().check(z.regex(/^([0-9a-f]{64})?$/));
const count = z.number();

/** The one line a host prints after the cut. */
export const KillVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('kill-connections'),
  incident: z.string(),
  scope: z.string(),
  selected: count,
  cut: count,
  survivors: count,
  /** Where the host read the peers itself: the first of them, and how many they are. */
  peers: z.optional(z.array(z.string())),
  peersFound: z.optional(count),
  goldenBefore: count,
  goldenLost: count,
  blocked: z.boolean(),
  tableDigest: digest,
  listFile: z.string(),
  listDigest: digest,
  blockMs: count,
  killMs: count,
  totalMs: count,
  error: z.string(),
});
export type KillVerdict = z.infer<typeof KillVerdictSchema>;

/** The one line a host prints after the release. */
export const ReleaseVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('release-connections'),
  incident: z.string(),
  state: z.enum(['', 'released', 'already-released', 'drifted']),
  tableDigest: digest,
  expired: z.boolean(),
  totalMs: count,
  error: z.string(),
});
export type ReleaseVerdict = z.infer<typeof ReleaseVerdictSchema>;

/** Says why the verdict is no success, or null. The agent's status and exit code are no part of it. */
export function findFaultInKill(verdict: KillVerdict): string | null {
  if (verdict.error !== '') return verdict.error;
  if (!verdict.blocked) return 'Host did not block';
  if (verdict.goldenLost > 0) return `${verdict.goldenLost} golden connections were lost`;
  if (verdict.survivors > 0) return `${verdict.survivors} connections survived`;
  return verdict.ok ? null : 'Host says it did not succeed';
}
