import * as z from 'zod/mini';
import { isRecord } from '../../record.ts';

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

/**
 * Reads a verdict from what a host printed; null when it printed none, or that of another document or incident. The
 * last one counts: a banner of the host's shell may come before it, and what went wrong after it, for the agent adds
 * the error output and `failed to run commands: exit status N`.
 */
export function readVerdict<Schema extends z.ZodMiniType>(
  schema: Schema,
  output: string,
  incident: string,
): z.output<Schema> | null {
  const verdicts = output.split('\n').flatMap((line) => {
    const parsed = z.safeParse(schema, parseJson(line));
    return parsed.success ? [parsed.data] : [];
  });
  const last = verdicts.at(-1);
  return last !== undefined && isRecord(last) && last['incident'] === incident ? last : null;
}

/** Says why the verdict is no success, or null. The agent's status and exit code are no part of it. */
export function findFaultInKill(verdict: KillVerdict): string | null {
  if (verdict.error !== '') return verdict.error;
  if (!verdict.blocked) return 'Host did not block';
  if (verdict.goldenLost > 0) return `${verdict.goldenLost} golden connections were lost`;
  if (verdict.survivors > 0) return `${verdict.survivors} connections survived`;
  return verdict.ok ? null : 'Host says it did not succeed';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
