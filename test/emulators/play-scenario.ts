import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, ScenarioServer } from '../../lab/scenario.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import type { Bench } from './bench.ts';
import { readFronts } from './front-checks.ts';
import type { FrontsSeen } from './front-checks.ts';
import { awaitExecution, listExecutions, readNetwork, startExecution } from './observe.ts';
import type { ExecutionSeen, InterfaceSeen } from './observe.ts';
import type { CallSeen } from './recorder.ts';

/** Network of every server of a scenario, in the scenario's order. */
export type Networks = readonly (readonly InterfaceSeen[])[];

/** Everything that was read from the target while a scenario was played; nothing here was judged yet. */
export interface PlaySeen {
  /** Its servers are all of them: those that started after the event are the last ones. */
  readonly scenario: Scenario;
  readonly servers: readonly string[];
  /** Executions of the respond machine that the event started. */
  readonly executions: readonly ExecutionSeen[];
  readonly incidentId: string | null;
  /** The incident's items before the restore. */
  readonly items: readonly AuditItem[];
  /** The same for each server that started after the event. */
  readonly late: readonly LateSeen[];
  readonly calls: readonly CallSeen[];
  readonly before: Networks;
  readonly after: Networks;
  readonly fronts: { readonly after: FrontsSeen; readonly restored: FrontsSeen };
  readonly repeat: RepeatSeen | null;
  /** Executions of the restore machine for the incidents of the scenario. */
  readonly restores: readonly ExecutionSeen[];
  readonly restored: Networks;
}

/** A server that started after the event, and what that started. */
export interface LateSeen {
  readonly server: string;
  readonly executions: readonly ExecutionSeen[];
  readonly incidentId: string | null;
  readonly items: readonly AuditItem[];
}

/** The same event once more, while the cut stands. */
export interface RepeatSeen {
  readonly executions: readonly ExecutionSeen[];
  readonly calls: readonly CallSeen[];
  readonly networks: Networks;
}

/** How long an event may take to start the machine, and a second start may show itself. */
const startSeconds = 20;

/** Plays a scenario from the seed to the restore. */
export async function playScenario(bench: Bench, scenario: Scenario, repeats: boolean): Promise<PlaySeen> {
  await setMode(bench, scenario.mode);
  const early = await placeAll(bench, scenario.servers);
  await bench.target.furnish(scenario);
  const event = translate(scenario.event, scenario.servers, early);
  const beforeEvent = await readNetworks(bench, early);
  const from = bench.callCount;
  const executions = await sendEvent(bench, event);
  const { incidentId, items } = await readIncident(bench, executions);
  const { late, before: beforeLate } = await startLate(bench, scenario.later ?? []);
  const calls = bench.callsSince(from);
  const servers = [...early, ...late.map(({ server }) => server)];
  const after = await readNetworks(bench, servers);
  const frontsAfter = await readFronts(bench, scenario);
  const repeat = repeats ? await repeatEvent(bench, event, servers) : null;
  const incidents = [incidentId, ...late.map((one) => one.incidentId)].filter((id) => id !== null);
  const restores = await putBack(bench, scenario, incidents);
  const restored = await readNetworks(bench, servers);
  const fronts = { after: frontsAfter, restored: await readFronts(bench, scenario) };
  const all = { ...scenario, servers: [...scenario.servers, ...(scenario.later ?? [])] };
  const before = [...beforeEvent, ...beforeLate];
  const networks = { before, after, restored, fronts };
  return { scenario: all, servers, executions, incidentId, items, late, calls, ...networks, repeat, restores };
}

export async function setMode(bench: Bench, mode: Scenario['mode']): Promise<void> {
  const { status, stderr } = await bench.fuse('mode', mode, '--reason', 'acceptance');
  if (status !== 0) throw new Error(`Mode "${mode}" not set: ${stderr}`);
}

export async function readNetworks({ target }: Bench, servers: readonly string[]): Promise<Networks> {
  const seen: (readonly InterfaceSeen[])[] = [];
  for (const server of servers) seen.push(await readNetwork(target.clients.ec2, server));
  return seen;
}

async function placeAll({ target }: Bench, servers: readonly ScenarioServer[]): Promise<string[]> {
  const ids: string[] = [];
  for (const server of servers) ids.push(await target.place(server));
  return ids;
}

/** The event names the servers by the ids they have in the scenario; here they may have others. */
function translate(event: unknown, servers: readonly ScenarioServer[], ids: readonly string[]): unknown {
  let text = JSON.stringify(event);
  for (const [index, { id }] of servers.entries()) text = text.replaceAll(id, ids[index] ?? id);
  return JSON.parse(text) as unknown;
}

/** Sends an event on its way and waits until every execution it started has ended. */
export async function sendEvent(bench: Bench, event: unknown): Promise<ExecutionSeen[]> {
  const { target } = bench;
  const client = target.clients.stepFunctions;
  const machine = target.outputs['RespondStateMachineArn'] ?? '';
  const known = new Set(await listExecutions(client, machine));
  if (isRecord(event) && 'fuse' in event) await startExecution(client, machine, event);
  else await target.deliver(event);
  const started = await awaitStarts(bench, machine, known, 1);
  const seen: ExecutionSeen[] = [];
  for (const arn of started) seen.push(await awaitExecution(client, arn));
  return seen;
}

async function readIncident({ audit }: Bench, executions: readonly ExecutionSeen[]) {
  const [first] = executions;
  const incidentId = first === undefined ? null : await audit.findIncidentOf(first.arn);
  return { incidentId, items: incidentId === null ? [] : await audit.readIncident(incidentId) };
}

/** Starts the servers that come late, and lets EC2 say so, one after the other. */
async function startLate(
  bench: Bench,
  later: readonly ScenarioServer[],
): Promise<{ late: LateSeen[]; before: Networks }> {
  const ids = await placeAll(bench, later);
  const before = await readNetworks(bench, ids);
  const late: LateSeen[] = [];
  for (const server of ids) {
    const executions = await sendEvent(bench, toStartEvent(server));
    late.push({ server, executions, ...(await readIncident(bench, executions)) });
  }
  return { late, before };
}

function toStartEvent(server: string): unknown {
  return {
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance State-change Notification',
    time: new Date().toISOString(),
    detail: { 'instance-id': server, state: 'running' },
  };
}

async function repeatEvent(bench: Bench, event: unknown, servers: readonly string[]): Promise<RepeatSeen> {
  const from = bench.callCount;
  const executions = await sendEvent(bench, event);
  return { executions, calls: bench.callsSince(from), networks: await readNetworks(bench, servers) };
}

/** Ends the scenario: by the event that it names for that, else as an operator would. */
async function putBack(bench: Bench, { end }: Scenario, incidents: readonly string[]): Promise<ExecutionSeen[]> {
  if (end !== undefined) return await endByEvent(bench, end, incidents);
  const seen: ExecutionSeen[] = [];
  for (const incidentId of incidents) seen.push(await restoreIncident(bench, incidentId));
  return seen;
}

/** Other restores run by the clock meanwhile: only those of the scenario's incidents count. */
async function endByEvent(bench: Bench, end: unknown, incidents: readonly string[]): Promise<ExecutionSeen[]> {
  const { target } = bench;
  const client = target.clients.stepFunctions;
  const machine = target.outputs['RestoreStateMachineArn'] ?? '';
  const known = new Set(await listExecutions(client, machine));
  await target.deliver(end);
  const seen: ExecutionSeen[] = [];
  for (const arn of await awaitStarts(bench, machine, known, incidents.length)) {
    seen.push(await awaitExecution(client, arn));
  }
  return seen.filter(({ input }) => incidents.some((id) => input.includes(id)));
}

/** Waits until so many executions have started that were not known before, and answers all of them. */
async function awaitStarts(
  { target }: Bench,
  machine: string,
  known: ReadonlySet<string>,
  count: number,
): Promise<string[]> {
  const started = async () =>
    (await listExecutions(target.clients.stepFunctions, machine)).filter((arn) => !known.has(arn));
  for (let tries = 0; tries < startSeconds * 5 && (await started()).length < count; tries += 1) await sleep(200);
  return await started();
}

export async function restoreIncident({ target }: Bench, incidentId: string): Promise<ExecutionSeen> {
  const client = target.clients.stepFunctions;
  const request = { incidentId, requestedBy: 'acceptance', reason: 'end of the scenario' };
  return await awaitExecution(
    client,
    await startExecution(client, target.outputs['RestoreStateMachineArn'] ?? '', request),
  );
}
