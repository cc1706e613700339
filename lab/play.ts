import type { Lab } from './lab.ts';
import type { FrontCount, PeerCount } from './hosts/host-world.ts';
import { judge } from './judge.ts';
import type { MachineState } from './hosts/machine.ts';
import { describeStandIns, tellMachineStories, tellPeerStories } from './result.ts';
import type { ClientStory, EntrySeen, Observed, PeerStory, ScenarioResult } from './result.ts';
import { toServerSpec } from './scenario.ts';
import type { Scenario, ScenarioServer } from './scenario.ts';
import { AssessmentSchema } from '../lambdas/shared/contracts/incident.ts';
import type { Assessment } from '../lambdas/shared/contracts/incident.ts';

/** Called with one line whenever something happened, so that a watching person sees it live. */
export type Tell = (line: string) => void;

/** What was seen and how it was judged. */
export interface Played {
  readonly observed: Observed;
  readonly result: ScenarioResult;
}

type Counts = ReadonlyMap<string, readonly PeerCount[]>;

/** Plays one scenario from the event to the restore; what it reports was counted or read, never assumed. */
export async function play(lab: Lab, scenario: Scenario, tellAs: Tell): Promise<Played> {
  const startedAt = Date.now();
  await lab.setMode(scenario.mode);
  for (const [id, cidrs] of Object.entries(scenario.prefixLists ?? {})) lab.aws.ec2.addPrefixList(id, cidrs);
  for (const server of scenario.servers) await raiseServer(lab, server, listDialling(scenario));
  for (const service of scenario.services ?? []) await lab.openService(service);
  const standIns = [...new Set(scenario.servers.flatMap(({ id }) => lab.world.standIns(id)))];
  // Where the whole world is a model, whoever listens says so anyway.
  const mark = lab.world.kind === 'simulated' ? '' : ` ${describeStandIns(standIns)}`;
  const tell: Tell = (line) => tellAs(`${line}${mark}`.trimEnd());
  const machinesBefore = await readMachines(lab, scenario);
  const before = await countAll(lab, scenario);
  const clientsBefore = await countClients(lab, scenario);
  const networkBefore = scenario.servers.map(({ id }) => lab.networkOf(id));
  const up = scenario.servers.length;
  tell(`${up} ${up === 1 ? 'server' : 'servers'} up, ${total(before)} connections established`);

  const receivedAt = Date.now();
  const execution = await lab.trigger(scenario.event);
  const late = await raiseLater(lab, scenario);
  const all: Scenario = { ...scenario, servers: [...scenario.servers, ...(scenario.later ?? [])] };
  const after = await countAll(lab, all);
  const clientsAfter = await countClients(lab, scenario);
  const machinesAfter = await readMachines(lab, all);
  const cut = await watchResult(lab, all, receivedAt);
  tell(`decided and done, ${total(before) + total(late.counts) - total(after)} connections are gone`);

  const assessment = readAssessment(execution.assessment);
  const incidentId = assessment?.incident?.id ?? null;
  const entries = incidentId === null ? [] : await lab.readEntries(incidentId);
  const restoreStatuses = await putBack(lab, scenario, incidentId, entries);
  const restored = await reconnectAll(lab, all);
  const clientsRestored = await redialClients(lab, scenario);
  const machinesRestored = await readMachines(lab, all);
  const networkAfter = all.servers.map(({ id }) => lab.networkOf(id));
  tell(`restored, ${total(restored)} connections established`);

  const observed: Observed = {
    incidentId,
    eventName: assessment?.incident?.signal.name ?? 'unknown',
    outcome: execution.outcome,
    reason: execution.reason,
    trouble: execution.trouble,
    cohorts: assessment?.cohorts ?? [],
    path: execution.path,
    peers: tellAll(all, new Map([...before, ...late.counts]), after, restored),
    machines: tellMachineStories(all, [...machinesBefore, ...late.machines], machinesAfter, machinesRestored),
    clients: tellClientStories(clientsBefore, clientsAfter, clientsRestored),
    standIns,
    ...cut,
    entries,
    restoreStatuses,
    networkAsBefore: JSON.stringify([...networkBefore, ...late.networks]) === JSON.stringify(networkAfter),
    milliseconds: Date.now() - startedAt,
  };
  const simulated = standIns.some((words) => words.startsWith('host simulated'));
  return { observed, result: judge(all, observed, simulated || lab.world.kind === 'simulated') };
}

/** Raises a server with its peers, registers it and starts to watch it, by dials of the named peers or of all. */
export async function raiseServer(lab: Lab, server: ScenarioServer, dialling?: readonly string[]): Promise<void> {
  await lab.world.createServer(toServerSpec(server));
  await lab.addServer(server);
  await lab.world.watch(server.id, dialling);
}

/** Whoever is to be cut shows when it happens; all dial where nobody is to notice anything. */
function listDialling({ expect }: Pick<Scenario, 'expect'>): readonly string[] | undefined {
  return expect === undefined || expect.cut.length === 0 ? undefined : expect.cut;
}

/** What the servers that started after the event were like before the fuse had heard of them. */
interface Late {
  readonly counts: Counts;
  readonly machines: readonly MachineState[];
  readonly networks: readonly string[];
}

/** Starts the servers that come late, and lets EC2 say so, one after the other. */
async function raiseLater(lab: Lab, { later = [], ...scenario }: Scenario): Promise<Late> {
  for (const server of later) await raiseServer(lab, server, listDialling(scenario));
  const all = { ...scenario, servers: later };
  const late = {
    counts: await countAll(lab, all),
    machines: await readMachines(lab, all),
    networks: later.map(({ id }) => lab.networkOf(id)),
  };
  for (const { id } of later) {
    const detail = { 'instance-id': id, state: 'running' };
    await lab.trigger({ source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification', detail });
  }
  return late;
}

async function countAll(lab: Lab, scenario: Scenario): Promise<Counts> {
  const pairs = scenario.servers.map(async ({ id }) => [id, await lab.world.count(id)] as const);
  return new Map(await Promise.all(pairs));
}

async function reconnectAll(lab: Lab, scenario: Scenario): Promise<Counts> {
  const pairs = scenario.servers.map(async ({ id }) => [id, await lab.world.reconnect(id)] as const);
  return new Map(await Promise.all(pairs));
}

async function countClients(lab: Lab, { services = [] }: Scenario): Promise<ReadonlyMap<string, FrontCount>> {
  const pairs = services.map(async ({ name }) => [name, await lab.countClients(name)] as const);
  return new Map(await Promise.all(pairs));
}

/** Only a new dial shows where clients are led: those that stand stay where they are. */
async function redialClients(lab: Lab, { services = [] }: Scenario): Promise<ReadonlyMap<string, FrontCount>> {
  const pairs = services.map(async ({ name }) => [name, await lab.redialClients(name)] as const);
  return new Map(await Promise.all(pairs));
}

function tellClientStories(
  before: ReadonlyMap<string, FrontCount>,
  after: ReadonlyMap<string, FrontCount>,
  restored: ReadonlyMap<string, FrontCount>,
): ClientStory[] {
  return [...before].flatMap(([service, counts]) =>
    Object.entries(counts).map(([server, count]) => ({
      service,
      server,
      before: count,
      after: after.get(service)?.[server] ?? 0,
      restored: restored.get(service)?.[server] ?? 0,
    })),
  );
}

async function readMachines(lab: Lab, scenario: Scenario): Promise<readonly MachineState[]> {
  return Promise.all(scenario.servers.map(async ({ id }) => await lab.world.readMachine(id)));
}

function total(counts: Counts): number {
  return [...counts.values()].flat().reduce((sum, { established }) => sum + established, 0);
}

async function watchResult(
  lab: Lab,
  scenario: Scenario,
  receivedAt: number,
): Promise<{ latencyMs: number | null; goldenLost: number }> {
  const blockedAt = await Promise.all(scenario.servers.map(async ({ id }) => await lab.world.firstBlockedAt(id)));
  const lost = await Promise.all(scenario.servers.map(async ({ id }) => await lab.world.goldenLost(id)));
  const seen = blockedAt.filter((time) => time !== undefined);
  return {
    latencyMs: seen.length === 0 ? null : Math.max(0, Math.round(Math.min(...seen) - receivedAt)),
    goldenLost: lost.reduce((sum, count) => sum + count, 0),
  };
}

function readAssessment(value: unknown): Assessment | undefined {
  const parsed = AssessmentSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

const undoable = new Set(['verified', 'partial', 'failed', 'applied', 'intended']);

/** Ends the scenario: by the event that it names for that, else as an operator would. */
async function putBack(
  lab: Lab,
  { end }: Scenario,
  incidentId: string | null,
  entries: readonly EntrySeen[],
): Promise<string[]> {
  if (end === undefined) return await restoreIfCut(lab, incidentId, entries);
  const known = lab.aws.events.events.length;
  await lab.trigger(end);
  const closed = lab.aws.events.events.slice(known).filter(({ event }) => event['detail-type'] === 'Restore closed');
  return closed.flatMap(({ event: { detail } }) => {
    const results = (detail['results'] ?? []) as readonly { readonly status: string }[];
    return results.map(({ status }) => status);
  });
}

/** Asks the deployed restore machine to undo, as an operator would. */
async function restoreIfCut(lab: Lab, incidentId: string | null, entries: readonly EntrySeen[]): Promise<string[]> {
  if (incidentId === null || !entries.some(({ status }) => undoable.has(status))) return [];
  return await lab.restore({ incidentId, requestedBy: 'lab', reason: 'end of the scenario' });
}

function tellAll(scenario: Scenario, before: Counts, after: Counts, restored: Counts): PeerStory[] {
  return scenario.servers.flatMap(({ id }) =>
    tellPeerStories(id, before.get(id) ?? [], after.get(id) ?? [], restored.get(id) ?? []),
  );
}
