import type { Action, ActionContext, ActionPlan, Ask } from './actions/action.ts';
import type { AuditTable, CutItem } from './clients/audit-table.ts';
import type { ActionOutcome, ActionRequest } from './contracts/action.ts';
import type { EntryKey } from './contracts/restoring.ts';
import { findStanding } from './find-standing.ts';
import { askAgain, type Look } from './guard/ask-again.ts';
import { judge, type Judgement } from './guard/judge.ts';
import type { GuardFacts } from './guard/read-facts.ts';
import type { Policy } from './policy/policy-schema.ts';
import { readRecordedEntry, type Intended, type RecordedEntry } from './recorded-entry.ts';
import { settleAll } from './settle-all.ts';
import { summariseRun, type RunResult } from './summarise-run.ts';

/** What a run needs from outside: clock and clients come from here, so that a test can stop it between any two steps. */
export interface RunTools {
  /** Nothing is undone here, so an action without its way back will do. */
  readonly action: Omit<Action, 'undo'>;
  readonly audit: Pick<AuditTable, 'readSteps' | 'putStep' | 'putCut' | 'listCuts' | 'replaceCut'>;
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
  /** What the judgement rests on. */
  readonly look: Look;
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
  const lookedAtMs = Date.parse(tools.now());
  const [steps, facts, plan] = await Promise.all([
    tools.audit.readSteps(key),
    tools.readFacts(cohort.servers),
    tools.action.plan(context),
  ]);
  const recorded = readRecordedEntry(steps);
  // That nobody could take over is no last word: a standby may be healthy by now.
  if (recorded.outcome !== null && recorded.outcome.status !== 'no-standby') return recorded.outcome;
  const judgement = judge(toJudge(plan, recorded, tools.action), cohort, facts, tools.policy, tools.action);
  const run: Run = { tools, key, context, recorded, judgement, look: { atMs: lookedAtMs, facts } };
  if (recorded.intended !== null) return resume(run, recorded.intended);
  if (judgement.allowed.length === 0) return close(run);
  // One time for both: restore undoes in the order of the former states, and this entry holds them.
  const note: CutNote = { changes: judgement.allowed, at: tools.now() };
  const [taken, cut] = await settleAll([writeAhead(run, note.at), holdCut(run, note)]);
  // Another try of ours was faster: what it recorded is the former state, not what we read.
  if (taken === 'existing') return runAction(request, tools);
  if (cut === 'existing') await renewCut(run, note);
  return judgement.mode === 'shadow' ? close(run) : change(run);
}

/** What was intended first stays so; what only a person can do for the other lifelines, no entry holds back. */
function toJudge(
  plan: ActionPlan,
  { intended }: RecordedEntry,
  { keepsAlive = false }: RunTools['action'],
): ActionPlan {
  if (intended === null) return plan;
  return keepsAlive && plan.instead !== undefined ? { ...intended, instead: plan.instead } : intended;
}

/** Goes on from a recorded write-ahead entry, under the guard's present word. */
async function resume(run: Run, intended: Intended): Promise<ActionOutcome> {
  const { judgement, recorded } = run;
  if (intended.mode === 'shadow') return close({ ...run, judgement: { ...judgement, mode: 'shadow' } });
  const stop = recorded.undoCount > 0 ? 'Restored meanwhile' : findStop(judgement);
  if (stop !== null) {
    const refusals = run.context.cohort.servers.map((target) => ({ target, reason: stop }));
    return stopResumed({ ...run, judgement: { ...judgement, allowed: [], refusals } }, intended);
  }
  if (judgement.allowed.length === 0) return stopResumed(run, intended);
  if ((await holdCut(run, intended)) === 'existing') await renewCut(run, intended);
  return change({ ...run, context: { ...run.context, resumed: true } });
}

function findStop(judgement: Judgement): string | null {
  return judgement.mode === 'shadow' ? 'The fuse was switched to shadow while it cut' : null;
}

/** This try changes nothing, but an earlier one may have: what still stands is told, never hidden behind a refusal. */
async function stopResumed(run: Run, intended: Intended): Promise<ActionOutcome> {
  const { tools, judgement, recorded, context } = run;
  const seen = await tools.action.verify(intended.changes, context);
  const { changes, observations } = findStanding(intended.changes, seen, judgement, recorded);
  if (changes.length === 0) return close(run);
  const told = observations.some(({ held }) => held) ? 'an earlier try cut it' : 'an earlier try may have cut it';
  const refusals = judgement.refusals.map(({ target, reason }) => ({ target, reason: `${reason}; ${told}` }));
  const stopped = { ...run, judgement: { ...judgement, allowed: changes, refusals } };
  return close(stopped, { observations, firstCallAt: recorded.firstCallAt, wasMutating: true });
}

async function writeAhead({ tools, key, judgement, context }: Run, at: string): Promise<'written' | 'existing'> {
  const { allowed, leftAlone, unable, refusals, mode } = judgement;
  return tools.audit.putStep(key, '1-intended', {
    changes: allowed,
    leftAlone,
    unable,
    refusals,
    mode,
    at,
    executionId: context.incident.executionId,
  });
}

/** What is noted of a cut: all that was ever going to be changed, as of the write-ahead entry. */
type CutNote = Pick<Intended, 'changes' | 'at'>;

/** Notes the cut among those that stand right now. In shadow mode, or where a lifeline is held, nothing is cut. */
async function holdCut(run: Run, note: CutNote): Promise<'written' | 'existing'> {
  if (run.tools.action.keepsAlive === true) return 'written';
  return run.judgement.mode === 'armed' ? run.tools.audit.putCut(toCut(run, note)) : 'written';
}

/**
 * An earlier try noted the cut and may have died before its entry stood; others may have cut since, and their order is
 * that of the entries. So the note gets this entry's time; what others left to it stays.
 */
async function renewCut(run: Run, note: CutNote): Promise<void> {
  const { audit } = run.tools;
  const { incidentId, action, cohortId } = run.key;
  const old = (await audit.listCuts()).find(
    ({ entry }) => entry.incidentId === incidentId && entry.action === action && entry.cohortId === cohortId,
  );
  await audit.replaceCut({ ...toCut(run, note), inherited: old?.inherited ?? [] });
}

function toCut({ key, context, tools }: Run, { changes, at }: CutNote): CutItem {
  // Every server that feels a change is cut by it: a subnet has many.
  const targets = changes.flatMap(({ target, server, alsoTouches = [] }) =>
    [server, ...alsoTouches].map((touched) => ({ target, server: touched })),
  );
  const expiresAt = tools.action.neverExpires === true ? null : context.cohort.expiresAt;
  return { entry: key, since: at, expiresAt, targets, inherited: [] };
}

async function change(run: Run): Promise<ActionOutcome> {
  const { tools, key, context, judgement, recorded } = run;
  const firstCallAt = recorded.firstCallAt ?? tools.now();
  const callRemarks = await tools.action.apply(judgement.allowed, context, makeAsk(run));
  await tools.audit.putStep(key, '2-applied', { firstCallAt, at: tools.now(), remarks: callRemarks });
  const observations = await tools.action.verify(judgement.allowed, context);
  return close(run, { observations, callRemarks, firstCallAt, wasMutating: true });
}

function makeAsk({ tools, look, context: { cohort } }: Run): Ask {
  const { action, policy } = tools;
  const read = async () => tools.readFacts(cohort.servers);
  return askAgain(look, { action, cohort, policy, read, nowMs: () => Date.parse(tools.now()) });
}

type Done = Omit<RunResult, 'key' | 'judgement' | 'at'>;

const nothingDone: Done = { observations: [], callRemarks: [], firstCallAt: null, wasMutating: false };

async function close(run: Run, done: Partial<Done> = {}): Promise<ActionOutcome> {
  const { tools, key, judgement, context, recorded } = run;
  const at = tools.now();
  const result: RunResult = { ...nothingDone, ...done, key, judgement, at };
  const { outcome, remarks } = summariseRun(result);
  const { observations } = result;
  const content = { outcome, observations, remarks, at, executionId: context.incident.executionId };
  await tools.audit.putStep(key, `3-${outcome.status}`, content);
  if (recorded.intended === null) return outcome;
  // The earlier try may live on beside this one and see something else: the worse word is the entry's.
  return readRecordedEntry(await tools.audit.readSteps(key)).outcome ?? outcome;
}
