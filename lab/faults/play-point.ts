import { labAccountId, labRegion, labVpcId } from '../lab.ts';
import { placeServer } from '../place-server.ts';
import type { Scenario } from '../scenario.ts';
import type { ExecutionRecord } from '../services/step-functions/executions.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import { answerTask, emitEvent, startExecution } from '../trigger.ts';
import { toIncidentId } from '../../lambdas/shared/incident-id.ts';
import { parseEvent } from '../../lambdas/shared/signals/parse-event.ts';
import { judgeRestores, judgeRespond } from './check.ts';
import type { Outcomes, Violation } from './check.ts';
import type { FaultLab } from './fault-lab.ts';
import { cutIntoPages, injectAt, tagOnTheWay } from './inject.ts';
import type { Injection } from './inject.ts';
import { raiseServers, readCounts, readTruth, redial } from './observe.ts';
import type { FaultPoint } from './point.ts';
import { renewScenario } from './runs.ts';
import type { FaultRun } from './runs.ts';

/** A restore as it told of itself. */
export interface RestoreTold {
  readonly status: string;
  readonly outcome: string;
  readonly statuses: readonly string[];
  readonly summary: string;
}

/** What one play showed. `calls` are those made while faults could strike. */
export interface PointPlayed {
  readonly calls: readonly ServiceCall[];
  /** False when the call to strike at did not come: the code took another way this time. */
  readonly wasMet: boolean;
  readonly outcomes: Outcomes;
  readonly violations: readonly Violation[];
}

/** A restore may not race a cut that has no end yet; so much later it may. */
const untilRestorableMs = 331_000;

/**
 * Plays a run once on new servers: event, cut, restore, restore again; with a point it strikes on the way. What the
 * clean play ended in is what a green execution has to end in: `expected` is null for the clean play itself.
 */
export async function playPoint(
  lab: FaultLab,
  run: FaultRun,
  point: FaultPoint | null,
  number: number,
  expected: Outcomes | null,
): Promise<PointPlayed> {
  const scenario = renewScenario(run.scenario, number);
  const at = new Date().toISOString();
  await lab.audit.writeMode(scenario.mode, { setBy: 'lab', reason: 'faults', at });
  await raiseServers(lab, scenario, async (server) => await placeServer(lab.aws, labVpcId, server));
  const before = await readTruth(lab, scenario);
  const onCut = run.during === 'respond' ? point : null;
  const incidentId = readIncidentId(scenario);
  const cut = await withFault(lab, scenario, onCut, async () => await respond(lab, run, scenario, onCut));
  const atEnd = await readCounts(lab, scenario);
  await redial(lab, scenario);
  const protectedId = onCut?.kind === 'lifeline tag on the way' ? (scenario.servers[0]?.id ?? null) : null;
  const respondJudged = await judgeRespond({
    lab,
    run: { ...run, scenario },
    scenario,
    before,
    atEnd,
    ...cut,
    incidentId,
    // The guard's refusal is no failure, and no fulfilment either.
    expected: protectedId === null ? expected : null,
    protectedId,
  });

  lab.aws.lambda.skipTime(untilRestorableMs);
  const onRestore = run.during === 'restore' ? point : null;
  const asked = { incidentId, requestedBy: 'lab', reason: 'faults' };
  const restores: RestoreTold[] = [];
  const struck = await withFault(lab, scenario, onRestore, async () => await restore(lab, asked));
  const struckTruth = await readTruth(lab, scenario);
  if (run.during === 'respond') restores.push(struck.result);
  else restores.push(await restore(lab, asked));
  restores.push(await restore(lab, asked));
  await redial(lab, scenario);
  const restoreJudged = await judgeRestores({
    lab,
    scenario,
    before,
    struck: { told: struck.result, truth: struckTruth },
    restores,
    incidentId,
  });
  const { calls, wasMet } = run.during === 'respond' ? cut : struck;
  return {
    calls,
    wasMet,
    outcomes: respondJudged.outcomes,
    violations: [...respondJudged.violations, ...restoreJudged],
  };
}

interface Struck<Result> {
  readonly result: Result;
  readonly calls: readonly ServiceCall[];
  readonly wasMet: boolean;
}

/** Runs with a fault in place and takes it away afterwards, whatever happened. */
async function withFault<Result>(
  lab: FaultLab,
  { servers }: Scenario,
  point: FaultPoint | null,
  work: () => Promise<Result>,
): Promise<Struck<Result>> {
  const { gateway, ssm } = lab.aws;
  const callsBefore = gateway.calls.length;
  const injection = inject(lab, servers, point);
  gateway.setIntercept(injection?.intercept);
  const ids = servers.map(({ id }) => id);
  const struck = point?.kind.startsWith('one') === true ? ids.slice(0, 1) : ids;
  if (point?.kind.endsWith('agent lost before') === true) for (const id of struck) ssm.setAgent(id, 'lost');
  if (point?.kind.endsWith('agent lost after the script ran') === true) lab.silenceHosts(struck);
  try {
    const result = await work();
    await injection?.whenSettled();
    await lab.aws.whenIdle();
    return { result, calls: gateway.calls.slice(callsBefore), wasMet: injection?.wasMet() ?? true };
  } finally {
    gateway.setIntercept(undefined);
    lab.silenceHosts([]);
    for (const id of ids) ssm.setAgent(id, 'online');
  }
}

function inject(lab: FaultLab, servers: Scenario['servers'], point: FaultPoint | null): Injection | null {
  if (point === null) return null;
  if ('mark' in point) return injectAt(lab, point.kind, point.mark);
  if (point.kind === 'answers in pages') return cutIntoPages();
  return point.kind === 'lifeline tag on the way' ? tagOnTheWay(lab, servers[0]?.id ?? '') : null;
}

/** Delivers the event, as often as the fault says, lets a person answer, and waits until nothing is under way. */
async function respond(
  lab: FaultLab,
  { answer }: FaultRun,
  { event }: Scenario,
  point: FaultPoint | null,
): Promise<ExecutionRecord[]> {
  const { aws, deployment } = lab;
  const known = new Set(aws.stepFunctions.executions);
  emitEvent(aws, deployment, event);
  if (point?.kind === 'deliver twice at once') emitEvent(aws, deployment, event);
  await aws.whenIdle();
  if (answer !== undefined) await answerAll(lab, answer === 'approve');
  if (point?.kind === 'deliver twice in sequence' || point?.kind === 'kill after, deliver again') {
    aws.gateway.setIntercept(undefined);
    emitEvent(aws, deployment, event);
    await aws.whenIdle();
    if (answer !== undefined) await answerAll(lab, answer === 'approve');
  }
  const telling = new Set([respondMachine, approveMachine].map((word) => findMachine(lab, word)));
  return aws.stepFunctions.executions.filter((seen) => !known.has(seen) && telling.has(seen.machine.arn));
}

const respondMachine = 'WorkflowsRespondStateMachine';
const approveMachine = 'WorkflowsApproveStateMachine';

function findMachine({ deployment }: FaultLab, word: string): string {
  const found = deployment.logicalIdsOf('AWS::StepFunctions::StateMachine').find((id) => id.includes(word));
  return found === undefined ? '' : deployment.physicalIdOf(found);
}

/** As many questions as one play may leave, those of earlier ones are not waited for any more. */
const questionsRead = 10;

/** A person answers whatever waits; what cannot be answered runs out of time. */
async function answerAll(lab: FaultLab, approved: boolean): Promise<void> {
  const { stepFunctions } = lab.aws;
  for (const { taskToken } of await lab.audit.listQuestions(questionsRead)) {
    if (!stepFunctions.openTokens.some(({ token }) => token === taskToken)) continue;
    // A person who is refused has to try again, and the execution may end at the same moment.
    await answerTask(lab.aws, taskToken, { approved, by: 'lab', reason: 'faults' }).catch(() => undefined);
  }
  await lab.aws.whenIdle();
  if (stepFunctions.openTokens.length > 0) await stepFunctions.skipTime(longestQuestionMs);
  await lab.aws.whenIdle();
}

const longestQuestionMs = 86_400_000;

/** Runs the deployed restore machine and tells how it ended. */
export async function restore(lab: FaultLab, request: object): Promise<RestoreTold> {
  const { aws, deployment } = lab;
  const record = await startExecution(aws, deployment.outputs['RestoreStateMachineArn'] ?? '', request);
  await aws.whenIdle();
  const closed = aws.events.events.findLast(
    ({ event }) => event['detail-type'] === 'Restore closed' && event.detail['executionId'] === record.arn,
  );
  const detail = closed?.event.detail ?? {};
  const results = (detail['results'] ?? []) as readonly { readonly status: string }[];
  return {
    status: record.status,
    outcome: typeof detail['outcome'] === 'string' ? detail['outcome'] : 'nothing published',
    statuses: results.map(({ status }) => status),
    summary: typeof detail['summary'] === 'string' ? detail['summary'] : (record.cause ?? ''),
  };
}

/** The id that the scenario's event will get. */
export function readIncidentId({ event }: Scenario): string {
  const parsed = parseEvent(event, {
    accountId: labAccountId,
    region: labRegion,
    receivedAt: new Date().toISOString(),
  });
  if (parsed.kind === 'ignored') throw new Error(`The event of a fault run is ignored: ${parsed.reason}`);
  return toIncidentId(parsed.signal);
}
