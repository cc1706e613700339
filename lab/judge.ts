import type { MachineState } from './hosts/machine.ts';
import type { Observed, PeerStory, ScenarioResult } from './result.ts';
import type { Scenario } from './scenario.ts';

/** Holds what was seen against what must be true: what the scenario expects, and what always holds. */
export function judge(scenario: Scenario, observed: Observed, simulated: boolean): ScenarioResult {
  const cut = countCut(scenario, observed);
  const restored = isRestored(observed);
  const failures = [
    ...checkAlways(observed, cut.goldenLost, restored),
    ...(scenario.expect === undefined ? [] : checkExpectations(scenario.expect, observed)),
  ];
  return {
    scenario: scenario.name,
    ok: failures.length === 0,
    simulated,
    standIns: observed.standIns,
    outcome: observed.outcome,
    reason: observed.reason,
    incidentId: observed.incidentId,
    path: observed.path,
    cut,
    latencyMs: observed.latencyMs,
    restored,
    failures,
  };
}

/** Peers that the decision means to cut: named by the scenario, else derived from the decided cohorts and actions. */
function meantToBeCut(scenario: Scenario, observed: Observed, story: PeerStory): boolean {
  if (story.golden) return false;
  if (scenario.expect !== undefined) return scenario.expect.cut.includes(story.peer);
  const killed = observed.entries.some(({ action, status }) => action === 'kill-connections' && status === 'verified');
  const cohort = observed.cohorts.find(({ servers }) => servers.includes(story.server));
  if (!killed || cohort === undefined) return false;
  const peer = scenario.servers.find(({ id }) => id === story.server)?.peers.find(({ name }) => name === story.peer);
  switch (cohort.cut.scope) {
    case 'server':
      return true;
    case 'peers':
      return peer !== undefined && cohort.cut.peers.some((cidr) => cidr.split('/')[0] === peer.address);
    case 'ports': {
      const isInScope = peer?.direction === 'in' && cohort.cut.ports.includes(peer.port);
      // Where some are gone, the others are not to be cut with them.
      return isInScope && (peer.zombie === true || !hasZombies(scenario));
    }
    default:
      return cohort.cut satisfies never;
  }
}

function hasZombies({ servers }: Scenario): boolean {
  return servers.some(({ peers }) => peers.some(({ zombie }) => zombie === true));
}

function countCut(scenario: Scenario, observed: Observed): ScenarioResult['cut'] {
  const victims = observed.peers.filter((story) => meantToBeCut(scenario, observed, story));
  return {
    connections: victims.reduce((sum, { before, after }) => sum + Math.max(0, before - after), 0),
    survivors: victims.reduce((sum, { after }) => sum + after, 0),
    goldenLost: observed.goldenLost,
  };
}

/** Nobody can do better than say that something is irreversible: an ended session, a clock that was set right. */
const restoredStatuses = new Set(['undone', 'already-undone', 'irreversible']);

function isRestored({ networkAsBefore, peers, machines, restoreStatuses }: Observed): boolean {
  const undone = restoreStatuses.every((status) => restoredStatuses.has(status));
  const traffic = peers.every(({ before, restored }) => before === restored);
  const units = machines.every(({ before, restored }) => unitsOf(before) === unitsOf(restored));
  return networkAsBefore && undone && traffic && units;
}

function unitsOf({ services, tasks, timeSources }: MachineState): string {
  return JSON.stringify([services, tasks, timeSources]);
}

function checkAlways(observed: Observed, goldenLost: number, restored: boolean): string[] {
  const failures: string[] = [];
  if (goldenLost > 0) failures.push(`${goldenLost} golden connections broke, none may`);
  for (const { peer, golden, before, after } of observed.peers) {
    if (golden && after < before) failures.push(`Golden peer "${peer}" has ${after} of ${before} connections left`);
  }
  if (observed.trouble !== null) failures.push(observed.trouble.slice(0, 500));
  if (!restored) failures.push('Not everything came back after the restore');
  return failures;
}

function checkExpectations(expect: NonNullable<Scenario['expect']>, observed: Observed): string[] {
  const failures: string[] = [];
  if (observed.outcome !== expect.outcome) {
    failures.push(`Outcome is "${observed.outcome}" (${observed.reason}), "${expect.outcome}" is wanted`);
  }
  if (JSON.stringify(observed.path) !== JSON.stringify(expect.path)) {
    failures.push(`Path is "${observed.path.join(' > ')}", "${expect.path.join(' > ')}" is wanted`);
  }
  for (const { peer, before, after } of observed.peers) {
    const wanted = expect.cut.includes(peer) ? 0 : before;
    if (after !== wanted)
      failures.push(`Peer "${peer}" has ${after} of ${before} connections left, ${wanted} are wanted`);
  }
  for (const [action, status] of Object.entries(expect.entries)) {
    const seen = observed.entries.find((entry) => entry.action === action)?.status ?? 'absent';
    if (seen !== status) failures.push(`Audit entry "${action}" is "${seen}", "${status}" is wanted`);
  }
  failures.push(...checkClients(expect, observed));
  failures.push(...observed.machines.flatMap(({ after }) => checkMachine(expect, after)));
  if (expect.cut.length > 0) failures.push(...checkLatency(observed.latencyMs, expect.maximumLatencyMs));
  return failures;
}

/** Clients of a service are wherever the scenario says, whoever served them before. */
function checkClients({ clients = {} }: NonNullable<Scenario['expect']>, observed: Observed): string[] {
  return Object.entries(clients).flatMap(([service, counts]) =>
    Object.entries(counts).flatMap(([server, wanted]) => {
      const story = observed.clients?.find((seen) => seen.service === service && seen.server === server);
      if (story?.after === wanted) return [];
      return [`"${service}" has ${story?.after ?? 'no'} clients on ${server} after the event, ${wanted} are wanted`];
    }),
  );
}

function checkMachine(expect: NonNullable<Scenario['expect']>, after: MachineState): string[] {
  const units = [
    ...Object.entries(expect.services ?? {}).map(([name, wanted]) => ({ name, wanted, seen: after.services[name] })),
    ...Object.entries(expect.tasks ?? {}).map(([name, wanted]) => ({ name, wanted, seen: after.tasks[name] })),
  ];
  const failures = units
    .filter(({ wanted, seen }) => seen !== wanted)
    .map(({ name, wanted, seen }) => `"${name}" is ${seen ?? 'missing'} after the event, ${wanted} is wanted`);
  failures.push(...checkTimeSources(expect, after));
  const { clockWithinMs } = expect;
  const offsetMs = Math.abs(after.clockOffsetMs ?? Number.POSITIVE_INFINITY);
  return clockWithinMs === undefined || offsetMs <= clockWithinMs
    ? failures
    : [...failures, `The clock is ${offsetMs} ms off after the event, at most ${clockWithinMs} ms are wanted`];
}

function checkTimeSources(expect: NonNullable<Scenario['expect']>, after: MachineState): string[] {
  const { timeFrom, offline } = expect;
  const silenced = Object.entries(after.timeSources ?? {}).flatMap(([name, state]) =>
    state === 'offline' ? name : [],
  );
  return [
    ...(timeFrom === undefined || after.timeFrom === timeFrom
      ? []
      : [`Time comes from "${after.timeFrom ?? 'nowhere'}" after the event, "${timeFrom}" is wanted`]),
    ...(offline === undefined || JSON.stringify(silenced) === JSON.stringify(offline)
      ? []
      : [`Offline after the event are "${silenced.join(', ')}", "${offline.join(', ')}" is wanted`]),
  ];
}

function checkLatency(latencyMs: number | null, maximumMs = Number.POSITIVE_INFINITY): string[] {
  if (latencyMs === null) return ['No packet was seen to be blocked, although connections are to be cut'];
  if (latencyMs <= maximumMs) return [];
  return [`The first packet was blocked after ${latencyMs} ms, at most ${maximumMs} ms are wanted`];
}
