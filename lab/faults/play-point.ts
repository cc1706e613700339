import { labVpcId } from '../lab.ts';
import { placeServer } from '../place-server.ts';
import { recordTtlSeconds } from '../seed-service.ts';
import type { Scenario } from '../scenario.ts';
import type { ExecutionRecord } from '../services/step-functions/executions.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import { answerTask } from '../trigger.ts';
import { judgeRestores, judgeRespond } from './check.ts';
import type { Outcomes } from './check.ts';
import { routingHaste } from './fault-lab.ts';
import type { FaultLab } from './fault-lab.ts';
import { cutIntoPages, injectAt, protectWhileWaiting, tagAsLifeline, tagOnTheWay } from './inject.ts';
import type { Injection } from './inject.ts';
import { raiseServers, readCounts, readTruth, redial } from './observe.ts';
import { isSparing } from './point.ts';
import type { FaultPoint } from './point.ts';
import { closeReview, restoreAll } from './put-back.ts';
import type { RestoreTold } from './put-back.ts';
import { renewScenario } from './renew-scenario.ts';
import type { FaultRun } from './runs.ts';
import { approveMachine, listIncidents, respondMachine, setOff, settle } from './set-off.ts';
import type { Violation } from './violation.ts';

/** What one play showed. `calls` are those made while faults could strike. */
export interface PointPlayed {
  readonly calls: readonly ServiceCall[];
  /** False when the call to strike at did not come: the code took another way this time. */
  readonly wasMet: boolean;
  readonly outcomes: Outcomes;
  readonly violations: readonly Violation[];
}

/** A restore may not race a cut that has no end yet; so much later it may. */
const untilRestorableMs = 691_000;

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
  await run.prepare?.(lab, scenario);
  setState(lab, scenario.servers.slice(scenario.servers.length - (run.late ?? 0)), 'stopped');
  const before = await readTruth(lab, scenario);
  const atStart = await readCounts(lab, scenario);
  const onCut = run.during === 'respond' ? point : null;
  const cut = await withFault(
    lab,
    { ...run, scenario },
    'respond',
    onCut,
    async () => await respond(lab, run, scenario, onCut),
  );
  letCachesExpire(lab, scenario);
  const incidentIds = listIncidents(run, scenario, cut.result.records);
  const atEnd = await readCounts(lab, scenario);
  await redial(lab, scenario);
  const protectedId = onCut !== null && isSparing(onCut.kind) ? (scenario.servers[0]?.id ?? null) : null;
  const respondJudged = await judgeRespond({
    lab,
    run: { ...run, scenario },
    scenario,
    before,
    atStart,
    atEnd,
    calls: cut.calls.filter((call) => !cut.refused.has(call)),
    result: cut.result.records,
    incidentIds,
    // The guard's refusal is no failure, and no fulfilment either.
    expected: protectedId === null ? expected : null,
    protectedId,
  });

  lab.aws.lambda.skipTime(untilRestorableMs);
  const onRestore = run.during === 'restore' ? point : null;
  const restores: RestoreTold[] = [];
  const struck = await withFault(lab, { ...run, scenario }, 'restore', onRestore, async () =>
    run.watch === 'review' ? await closeReview(lab, scenario) : await restoreAll(lab, incidentIds),
  );
  const struckTruth = await readTruth(lab, scenario);
  if (run.during === 'respond') restores.push(struck.result);
  else restores.push(await restoreAll(lab, incidentIds));
  restores.push(await restoreAll(lab, incidentIds));
  lab.aws.lambda.skipTime(untilHealthyMs);
  await redial(lab, scenario);
  const restoreJudged = await judgeRestores({
    lab,
    scenario,
    before,
    struck: { told: struck.result, truth: struckTruth },
    restores,
    incidentIds,
  });
  // A watch looks at all there is: what this play leaves is not the next one's.
  if (run.watch !== undefined) setState(lab, scenario.servers, 'terminated');
  const { wasMet } = run.during === 'respond' ? cut : struck;
  return {
    calls: run.during === 'respond' ? cut.calls.slice(0, cut.result.callsUntilSettled) : struck.calls,
    wasMet,
    outcomes: respondJudged.outcomes,
    violations: [...respondJudged.violations, ...restoreJudged],
  };
}

/** Who has a record cached follows when its time to live is over; of no other front is time let pass before it is judged. */
function letCachesExpire({ aws }: FaultLab, { services = [] }: Scenario): void {
  const isCached = services.some(({ front }) => front === 'route53');
  if (isCached) aws.lambda.skipTime(Math.ceil((recordTtlSeconds * 1000) / routingHaste) + 1);
}

/** A target whose checks failed while it was cut has to pass them for so long. */
const untilHealthyMs = 60_000;

function setState({ aws }: FaultLab, servers: Scenario['servers'], state: 'stopped' | 'terminated'): void {
  for (const { id } of servers) {
    const instance = aws.ec2.model.instances.get(id);
    if (instance !== undefined) instance.state = state;
  }
}

interface Struck<Result> {
  readonly result: Result;
  readonly calls: readonly ServiceCall[];
  readonly wasMet: boolean;
  /** Calls that AWS refused on the fault's behalf. */
  readonly refused: ReadonlySet<ServiceCall>;
}

/** Runs with a fault in place and takes it away afterwards, whatever happened. */
async function withFault<Result>(
  lab: FaultLab,
  { scenario: { servers }, slow = false, during }: FaultRun,
  part: FaultRun['during'],
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
  if (slow && during === part) lab.slowHosts(ids);
  if (point?.kind.endsWith('agent lost after the script ran') === true) lab.silenceHosts(struck);
  try {
    const result = await work();
    await injection?.whenSettled();
    await lab.aws.whenIdle();
    const refused = injection?.refused ?? new Set<ServiceCall>();
    return { result, calls: gateway.calls.slice(callsBefore), wasMet: injection?.wasMet() ?? true, refused };
  } finally {
    gateway.setIntercept(undefined);
    lab.silenceHosts([]);
    lab.slowHosts([]);
    for (const id of ids) ssm.setAgent(id, 'online');
  }
}

function inject(lab: FaultLab, servers: Scenario['servers'], point: FaultPoint | null): Injection | null {
  if (point === null) return null;
  if ('mark' in point) return injectAt(lab, point.kind, point.mark);
  if (point.kind === 'answers in pages') return cutIntoPages();
  const id = servers[0]?.id ?? '';
  if (point.kind === 'lifeline tag while calls wait')
    return protectWhileWaiting(lab, async () => await Promise.resolve(tagAsLifeline(lab, id)));
  if (point.kind === 'fuse off while calls wait') {
    const why = { setBy: 'lab', reason: 'faults', at: new Date().toISOString() };
    return protectWhileWaiting(lab, async () => await lab.audit.writeMode('off', why));
  }
  return point.kind === 'lifeline tag on the way' ? tagOnTheWay(lab, id) : null;
}

interface Responded {
  /** Executions that close an incident or a part of it. */
  readonly records: readonly ExecutionRecord[];
  /** How many calls were made before a watch went its later rounds. */
  readonly callsUntilSettled: number;
}

/** Delivers the event, as often as the fault says, lets a person answer, and waits until nothing is under way. */
async function respond(lab: FaultLab, run: FaultRun, scenario: Scenario, point: FaultPoint | null): Promise<Responded> {
  const { aws } = lab;
  const known = new Set(aws.stepFunctions.executions);
  const callsBefore = aws.gateway.calls.length;
  await setOff(lab, run, scenario, point?.kind === 'deliver twice at once' ? 2 : 1);
  if (run.answer !== undefined) await answerAll(lab, run.answer);
  if (point?.kind === 'deliver twice in sequence' || point?.kind === 'kill after, deliver again') {
    aws.gateway.setIntercept(undefined);
    await setOff(lab, run, scenario);
    if (run.answer !== undefined) await answerAll(lab, run.answer);
  }
  const callsUntilSettled = aws.gateway.calls.length - callsBefore;
  await settle(lab, run);
  const telling = [respondMachine, approveMachine];
  const records = aws.stepFunctions.executions.filter(
    (seen) => !known.has(seen) && telling.some((name) => seen.machine.arn.includes(name)),
  );
  return { records, callsUntilSettled };
}

/** As many questions as one play may leave, those of earlier ones are not waited for any more. */
const questionsRead = 10;

/** Once when it is asked, once when it is asked again. */
const timesToWait = 2;

/** A person answers whatever waits, or nobody does; what is not answered runs out of time. */
async function answerAll(lab: FaultLab, answer: NonNullable<FaultRun['answer']>): Promise<void> {
  const { stepFunctions } = lab.aws;
  const approved = answer === 'approve';
  const questions = answer === 'nobody' ? [] : await lab.audit.listQuestions(questionsRead);
  for (const { taskToken } of questions) {
    if (!stepFunctions.openTokens.some(({ token }) => token === taskToken)) continue;
    // A person who is refused has to try again, and the execution may end at the same moment.
    await answerTask(lab.aws, taskToken, { approved, by: 'lab', reason: 'faults' }).catch(() => undefined);
  }
  await lab.aws.whenIdle();
  for (let waited = 0; waited < timesToWait && stepFunctions.openTokens.length > 0; waited += 1) {
    await stepFunctions.skipTime(longestQuestionMs);
    await lab.aws.whenIdle();
  }
}

const longestQuestionMs = 86_400_000;
