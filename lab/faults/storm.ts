import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import { mapConcurrently } from '../../lambdas/shared/map-concurrently.ts';
import { labVpcId } from '../lab.ts';
import { placeServer, readNetwork } from '../place-server.ts';
import { readScenarios } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import type { EventSeed } from '../services/events/event.ts';
import type { Violation } from './violation.ts';
import type { FaultLab } from './fault-lab.ts';
import { raiseServers } from './observe.ts';
import { restore } from './put-back.ts';
import { renewScenario } from './renew-scenario.ts';
import { readIncidentId } from './set-off.ts';

/** What became of a storm of findings. */
export interface StormSeen {
  readonly findings: number;
  /** Servers whose network was cut. */
  readonly cut: number;
  /** Findings by how their incident was closed; `lost` for those without one. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Questions to people that are in the table. */
  readonly questions: number;
  readonly milliseconds: number;
  readonly violations: readonly Violation[];
}

export interface StormProps {
  readonly findings: number;
  /** Servers that the policy lets be cut within its window. */
  readonly budget: number;
}

/** Reads of the table at a time. */
const readsAtOnce = 20;

/**
 * Delivers many findings in one moment, each on a server of its own, and holds what became of them against what must be
 * true: no more than the budget is cut, a person is asked about the rest, nothing is lost, and all of it comes back.
 */
export async function playStorm(lab: FaultLab, { findings, budget }: StormProps): Promise<StormSeen> {
  const scenarios = await raiseAll(lab, findings);
  const former = networksOf(lab, scenarios);
  const startedAt = Date.now();
  for (const { event } of scenarios) lab.aws.events.emit(event as EventSeed, 'default');
  await lab.aws.whenIdle();
  const milliseconds = Date.now() - startedAt;
  const ends = await mapConcurrently([...scenarios.entries()], readsAtOnce, async ([index, scenario]) =>
    readEnd(lab, scenario, former[index] ?? ''),
  );
  const cut = ends.filter(({ isCut }) => isCut).length;
  const questions = (await lab.audit.listQuestions(findings)).length;
  return {
    findings,
    cut,
    outcomes: Object.fromEntries(
      [...Map.groupBy(ends, ({ outcome }) => outcome)].map(([word, all]) => [word, all.length]),
    ),
    questions,
    milliseconds,
    violations: [
      ...ends.flatMap(findFalseEnd),
      ...(cut > budget ? [overstated(`${cut} servers are cut, the budget is ${budget}`)] : []),
      ...findLostEvents(lab),
      ...(await findUnrestored(lab, scenarios, former)),
    ],
  };
}

async function raiseAll(lab: FaultLab, findings: number): Promise<Scenario[]> {
  const scenario = readScenarios().find(({ name }) => name === 'command-and-control');
  if (scenario === undefined) throw new Error('There is no scenario "command-and-control"');
  // Nothing dials: the storm is about decisions, and a thousand servers' connections would only take their time.
  const silent = { ...scenario, servers: scenario.servers.map((server) => ({ ...server, peers: [] })) };
  const all = Array.from({ length: findings }, (_, number) => renewScenario(silent, number));
  await lab.audit.writeMode('armed', { setBy: 'lab', reason: 'storm', at: new Date().toISOString() });
  for (const one of all) await raiseServers(lab, one, async (server) => await placeServer(lab.aws, labVpcId, server));
  return all;
}

function networksOf(lab: FaultLab, scenarios: readonly Scenario[]): string[] {
  return scenarios.map(({ servers }) => servers.map(({ id }) => readNetwork(lab.aws, id)).join());
}

interface FindingEnd {
  readonly incidentId: string;
  readonly outcome: string;
  readonly isCut: boolean;
}

async function readEnd(lab: FaultLab, scenario: Scenario, former: string): Promise<FindingEnd> {
  const incidentId = readIncidentId(scenario);
  const items = await lab.audit.readIncident(incidentId);
  const outcome = items.find(({ sk }) => sk === auditKeys.closed(1))?.['outcome'];
  const [network] = networksOf(lab, [scenario]);
  return { incidentId, outcome: typeof outcome === 'string' ? outcome : 'lost', isCut: network !== former };
}

function findFalseEnd({ incidentId, outcome, isCut }: FindingEnd): Violation[] {
  if (outcome === 'contained' ? isCut : outcome === 'awaiting-approval' && !isCut) return [];
  return [overstated(`${incidentId} ended "${outcome}", and its server is ${isCut ? '' : 'not '}cut`)];
}

function findLostEvents({ aws, deployment }: FaultLab): Violation[] {
  const letters = aws.sqs.messagesOf(deployment.outputs['DeadLetterQueueUrl'] ?? '').length;
  const dropped = aws.events.dropped.length;
  return letters + dropped === 0 ? [] : [overstated(`${letters} dead letters, ${dropped} events dropped`)];
}

/** One restore for each kind of cut undoes all of them. */
async function findUnrestored(
  lab: FaultLab,
  scenarios: readonly Scenario[],
  former: readonly string[],
): Promise<Violation[]> {
  const asked = { requestedBy: 'lab', reason: 'storm' };
  const told = [
    await restore(lab, { ...asked, action: 'revoke-security-groups' }),
    await restore(lab, { ...asked, action: 'kill-connections' }),
  ];
  const away = networksOf(lab, scenarios).filter((network, index) => network !== former[index]).length;
  return [
    ...told
      .filter(({ status }) => status !== 'SUCCEEDED')
      .map(({ summary }): Violation => ({ kind: 'notRestored', seen: summary })),
    ...(away === 0 ? [] : [{ kind: 'notRestored' as const, seen: `${away} servers have another network than before` }]),
  ];
}

function overstated(seen: string): Violation {
  return { kind: 'overstated', seen };
}
