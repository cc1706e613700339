import type { Action, ActionContext, Observation } from './actions/action.ts';
import type { AuditTable } from './clients/audit-table.ts';
import { summariseRun } from './summarise-run.ts';
import type { ActionOutcome, ActionRequest, Remark } from './contracts/action.ts';
import type { EntryKey } from './contracts/restoring.ts';
import { judge, type Judgement } from './guard/judge.ts';
import type { GuardFacts } from './guard/read-facts.ts';
import type { Policy } from './policy/policy-schema.ts';
import { readRecordedEntry, type RecordedEntry } from './recorded-entry.ts';

/** What a run needs from outside: clock and clients come from here, so that a test can stop it between any two steps. */
export interface RunTools {
  readonly action: Action;
  readonly audit: Pick<AuditTable, 'readSteps' | 'putStep' | 'putCut'>;
  readonly policy: Policy;
  readFacts(servers: readonly string[]): Promise<GuardFacts>;
  /** ISO 8601 in UTC. */
  readonly now: () => string;
}

interface Run {
  readonly tools: RunTools;
  readonly key: EntryKey;
  readonly context: ActionContext;
  readonly recorded: RecordedEntry;
  readonly judgement: Judgement;
}

/**
 * Runs an action on one cohort and is the only caller of Action.apply: plan ∥ guard → write-ahead → apply → verify, an
 * audit entry after each. A retry goes on where the last try stopped, from the former state recorded then. Throws
 * AuditWriteError when the write-ahead entry is not taken; then nothing was changed.
 */
export async function runAction(request: ActionRequest, tools: RunTools): Promise<ActionOutcome> {
  const { incident, cohort } = request;
  const key: EntryKey = { incidentId: incident.id, action: tools.action.id, cohortId: cohort.id };
  const context: ActionContext = { incident, cohort, policy: tools.policy };
  const [steps, facts, plan] = await Promise.all([
    tools.audit.readSteps(key),
    tools.readFacts(cohort.servers),
    tools.action.plan(context),
  ]);
  const recorded = readRecordedEntry(steps);
  if (recorded.outcome !== null) return recorded.outcome;
  const judgement = judge(recorded.intended ?? plan, cohort, facts, tools.policy);
  const run: Run = { tools, key, context, recorded, judgement };
  if (recorded.intended !== null) return resume(run, recorded.intended.mode);
  if (judgement.allowed.length === 0) return close(run, [], []);
  const [taken] = await Promise.all([writeAhead(run), holdCut(run)]);
  // Another try of ours was faster: what it recorded is the former state, not what we read.
  if (taken === 'existing') return runAction(request, tools);
  return judgement.mode === 'shadow' ? close(run, [], []) : change(run);
}

/** Goes on from a recorded write-ahead entry, under the guard's present word. */
async function resume(run: Run, recordedMode: string): Promise<ActionOutcome> {
  const { judgement, recorded } = run;
  if (recordedMode === 'shadow') return close({ ...run, judgement: { ...judgement, mode: 'shadow' } }, [], []);
  const stop = recorded.undoCount > 0 ? 'Restored meanwhile' : findStop(judgement);
  if (stop !== null) {
    const refusals = run.context.cohort.servers.map((target) => ({ target, reason: stop }));
    return close({ ...run, judgement: { ...judgement, allowed: [], refusals } }, [], []);
  }
  if (judgement.allowed.length === 0) return close(run, [], []);
  await holdCut(run);
  return change({ ...run, context: { ...run.context, resumed: true } });
}

function findStop(judgement: Judgement): string | null {
  return judgement.mode === 'shadow' ? 'The fuse was switched to shadow while it cut' : null;
}

async function writeAhead({ tools, key, judgement, context }: Run): Promise<'written' | 'existing'> {
  const { allowed, leftAlone, unable, refusals, mode } = judgement;
  return tools.audit.putStep(key, '1-intended', {
    changes: allowed,
    leftAlone,
    unable,
    refusals,
    mode,
    at: tools.now(),
    executionId: context.incident.executionId,
  });
}

/** Notes the cut among those that stand right now. In shadow mode nothing is cut, so nothing is noted. */
async function holdCut({ tools, key, judgement }: Run): Promise<void> {
  if (judgement.mode !== 'armed') return;
  const targets = judgement.allowed.map(({ target, server }) => ({ target, server }));
  await tools.audit.putCut({ entry: key, since: tools.now(), targets, inherited: [] });
}

async function change(run: Run): Promise<ActionOutcome> {
  const { tools, key, context, judgement, recorded } = run;
  const firstCallAt = recorded.firstCallAt ?? tools.now();
  const remarks = await tools.action.apply(judgement.allowed, context);
  await tools.audit.putStep(key, '2-applied', { firstCallAt, at: tools.now(), remarks });
  const observations = await tools.action.verify(judgement.allowed, context);
  return close(run, observations, remarks, firstCallAt);
}

async function close(
  { tools, key, judgement, context }: Run,
  observations: readonly Observation[],
  callRemarks: readonly Remark[],
  firstCallAt: string | null = null,
): Promise<ActionOutcome> {
  const at = tools.now();
  const { outcome, remarks } = summariseRun({ key, judgement, observations, callRemarks, firstCallAt, at });
  const content = { outcome, observations, remarks, at, executionId: context.incident.executionId };
  await tools.audit.putStep(key, `3-${outcome.status}`, content);
  return outcome;
}
