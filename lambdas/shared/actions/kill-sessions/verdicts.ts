import * as z from 'zod/mini';
import { databaseEngines } from './session-selection.ts';

const digest = z.string().check(z.regex(/^([0-9a-f]{64})?$/));
const count = z.number();
const logins = z.array(z.string());
// Empty where the host refused its parameters before it knew them.
const engine = z.enum(['', ...databaseEngines]);

/** The one line a host prints after sessions were ended. */
export const KillSessionsVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('kill-sessions'),
  incident: z.string(),
  engine,
  mode: z.enum(['', 'list', 'kill']),
  matched: count,
  killed: count,
  survivors: count,
  spared: count,
  /** Write transactions the server says were aborted; null where it cannot say. */
  rolledBack: z.nullable(count),
  /** LOGIN@FORMER each, to be handed to the release. */
  loginsHeld: logins,
  /** Logins that stay open: administrators, and those that spared sessions work with. */
  loginsLeft: logins,
  listFile: z.string(),
  listDigest: digest,
  totalMs: count,
  error: z.string(),
});
export type KillSessionsVerdict = z.infer<typeof KillSessionsVerdictSchema>;

/** The one line a host prints after logins were let go. */
export const ReleaseSessionsVerdictSchema = z.object({
  ok: z.boolean(),
  document: z.literal('release-sessions'),
  incident: z.string(),
  engine,
  undone: logins,
  alreadyUndone: logins,
  drifted: logins,
  totalMs: count,
  error: z.string(),
});
export type ReleaseSessionsVerdict = z.infer<typeof ReleaseSessionsVerdictSchema>;

/** Says why the verdict is no success, or null. The agent's status and exit code are no part of it. */
export function findFaultInKillSessions(verdict: KillSessionsVerdict): string | null {
  if (verdict.error !== '') return verdict.error;
  if (verdict.mode === 'kill' && verdict.survivors > 0) return `${verdict.survivors} sessions survived`;
  return verdict.ok ? null : 'Host says it did not succeed';
}
