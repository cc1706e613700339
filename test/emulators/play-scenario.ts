import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../../lab/scenario.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import type { Bench } from './bench.ts';
import { awaitExecution, listExecutions, readNetwork, startExecution } from './observe.ts';
import type { ExecutionSeen, InterfaceSeen } from './observe.ts';
import type { CallSeen } from './recorder.ts';

/** Network of every server of a scenario, in the scenario's order. */
export type Networks = readonly (readonly InterfaceSeen[])[];

/** Everything that was read from the target while a scenario was played; nothing here was judged yet. */
export interface PlaySeen {
  readonly scenario: Scenario;
  readonly servers: readonly string[];
  /** Executions of the respond machine that the event started. */
  readonly executions: readonly ExecutionSeen[];
  readonly incidentId: string | null;
  /** The incident's items before the restore. */
  readonly items: readonly AuditItem[];
  readonly calls: readonly CallSeen[];
  readonly before: Networks;
  readonly after: Networks;
  readonly repeat: RepeatSeen | null;
  readonly restore: ExecutionSeen | null;
  readonly restored: Networks;
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
  const { event, servers } = await placeAll(bench, scenario);
  const before = await readNetworks(bench, servers);
  const from = bench.callCount;
  const executions = await sendEvent(bench, event);
  const calls = bench.callsSince(from);
  const after = await readNetworks(bench, servers);
  const incidentId = await findIncident(bench, executions);
  const items = incidentId === null ? [] : await bench.audit.readIncident(incidentId);
  const repeat = repeats ? await repeatEvent(bench, event, servers) : null;
  const restore = incidentId === null ? null : await restoreIncident(bench, incidentId);
  const restored = await readNetworks(bench, servers);
  return { scenario, servers, executions, incidentId, items, calls, before, after, repeat, restore, restored };
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

/** The event names the servers by the ids they have in the scenario; here they have others. */
async function placeAll({ target }: Bench, scenario: Scenario): Promise<{ event: unknown; servers: string[] }> {
  const servers: string[] = [];
  let text = JSON.stringify(scenario.event);
  for (const server of scenario.servers) {
    const id = await target.place(server);
    servers.push(id);
    text = text.replaceAll(server.id, id);
  }
  return { event: JSON.parse(text) as unknown, servers };
}

/** Sends an event on its way and waits until every execution it started has ended. */
export async function sendEvent({ target }: Bench, event: unknown): Promise<ExecutionSeen[]> {
  const client = target.clients.stepFunctions;
  const machine = target.outputs['RespondStateMachineArn'] ?? '';
  const known = new Set(await listExecutions(client, machine));
  if (isRecord(event) && 'fuse' in event) await startExecution(client, machine, event);
  else await target.deliver(event);
  const started = async () => (await listExecutions(client, machine)).filter((arn) => !known.has(arn));
  for (let tries = 0; tries < startSeconds * 5 && (await started()).length === 0; tries += 1) await sleep(200);
  const seen: ExecutionSeen[] = [];
  for (const arn of await started()) seen.push(await awaitExecution(client, arn));
  return seen;
}

async function findIncident({ audit }: Bench, executions: readonly ExecutionSeen[]): Promise<string | null> {
  const [first] = executions;
  return first === undefined ? null : await audit.findIncidentOf(first.arn);
}

async function repeatEvent(bench: Bench, event: unknown, servers: readonly string[]): Promise<RepeatSeen> {
  const from = bench.callCount;
  const executions = await sendEvent(bench, event);
  return { executions, calls: bench.callsSince(from), networks: await readNetworks(bench, servers) };
}

export async function restoreIncident({ target }: Bench, incidentId: string): Promise<ExecutionSeen> {
  const client = target.clients.stepFunctions;
  const request = { incidentId, requestedBy: 'acceptance', reason: 'end of the scenario' };
  return await awaitExecution(
    client,
    await startExecution(client, target.outputs['RestoreStateMachineArn'] ?? '', request),
  );
}
