import { labAccountId, labRegion, labVpcId } from '../lab.ts';
import { placeServer } from '../place-server.ts';
import type { Scenario } from '../scenario.ts';
import type { ExecutionRecord } from '../services/step-functions/executions.ts';
import type { EventSeed } from '../services/events/event.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import { startExecution } from '../trigger.ts';
import { toIncidentId } from '../../lambdas/shared/incident-id.ts';
import { parseEvent } from '../../lambdas/shared/signals/parse-event.ts';
import { judgeRestores, judgeRespond } from './check.ts';
import type { Violation } from './check.ts';
import type { FaultLab } from './fault-lab.ts';
import { injectAt, tagOnTheWay } from './inject.ts';
import type { Injection } from './inject.ts';
import { raiseServers, readTruth, redial } from './observe.ts';
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
  readonly outcome: string;
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
  expected: string | null,
): Promise<PointPlayed> {
  const scenario = renewScenario(run.scenario, number);
  const at = new Date().toISOString();
  await lab.audit.writeMode(scenario.mode, { setBy: 'lab', reason: 'faults', at });
  await raiseServers(lab, scenario, async (server) => await placeServer(lab.aws, labVpcId, server));
  const before = await readTruth(lab, scenario);
  const onCut = run.during === 'respond' ? point : null;
  const cut = await withFault(lab, scenario, onCut, async () => await respond(lab, scenario, onCut));
  await redial(lab, scenario);
  const incidentId = readIncidentId(scenario);
  const protectedId = onCut?.kind === 'lifeline tag on the way' ? (scenario.servers[0]?.id ?? null) : null;
  const respondJudged = await judgeRespond({
    lab,
    scenario,
    before,
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
  return { calls, wasMet, outcome: respondJudged.outcome, violations: [...respondJudged.violations, ...restoreJudged] };
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
  if (point?.kind === 'agent lost before') for (const { id } of servers) ssm.setAgent(id, 'lost');
  if (point?.kind === 'agent lost after the script ran') lab.silenceHosts(true);
  try {
    const result = await work();
    await injection?.whenSettled();
    await lab.aws.whenIdle();
    return { result, calls: gateway.calls.slice(callsBefore), wasMet: injection?.wasMet() ?? true };
  } finally {
    gateway.setIntercept(undefined);
    lab.silenceHosts(false);
    for (const { id } of servers) ssm.setAgent(id, 'online');
  }
}

function inject(lab: FaultLab, servers: Scenario['servers'], point: FaultPoint | null): Injection | null {
  if (point === null) return null;
  if ('mark' in point) return injectAt(lab, point.kind, point.mark);
  return point.kind === 'lifeline tag on the way' ? tagOnTheWay(lab, servers[0]?.id ?? '') : null;
}

/** Delivers the event, as often as the fault says, and waits until nothing is under way. */
async function respond(lab: FaultLab, { event }: Scenario, point: FaultPoint | null): Promise<ExecutionRecord[]> {
  const { aws } = lab;
  const known = new Set(aws.stepFunctions.executions);
  aws.events.emit(event as EventSeed, 'default');
  if (point?.kind === 'deliver twice at once') aws.events.emit(event as EventSeed, 'default');
  await aws.whenIdle();
  if (point?.kind === 'deliver twice in sequence' || point?.kind === 'kill after, deliver again') {
    aws.gateway.setIntercept(undefined);
    aws.events.emit(event as EventSeed, 'default');
    await aws.whenIdle();
  }
  return aws.stepFunctions.executions.filter((seen) => !known.has(seen));
}

async function restore(lab: FaultLab, request: object): Promise<RestoreTold> {
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

function readIncidentId({ event }: Scenario): string {
  const parsed = parseEvent(event, {
    accountId: labAccountId,
    region: labRegion,
    receivedAt: new Date().toISOString(),
  });
  if (parsed.kind === 'ignored') throw new Error(`The event of a fault run is ignored: ${parsed.reason}`);
  return toIncidentId(parsed.signal);
}
