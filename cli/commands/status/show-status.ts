import { paint, toTable } from '../../output.ts';
import { cutLimitMs } from '../audit/describe-latency.ts';
import type { LatencyShares, LatestIncident, Status } from './read-status.ts';

/** Servers told by name; the rest is counted, and `--json` names them all. */
const namedServers = 3;

/** The status in lines for people: what is cut and what waits before what was. */
export function showStatus(status: Status): string[] {
  const { cuts, questions, incidents } = status;
  return [
    ...showMode(status.mode),
    '',
    paint.strong(cuts.length === 0 ? 'nothing is cut' : 'cut right now'),
    ...indent(
      cuts.map(({ incidentId, action, servers, since, expiresAt }) => [
        incidentId,
        action,
        nameServers(servers),
        `since ${since}`,
        expiresAt === null ? 'until a person restores it' : `until ${expiresAt}`,
      ]),
    ),
    '',
    paint.strong(questions.length === 0 ? 'no question is open' : 'waits for a person: fuse approve or fuse decline'),
    ...indent(
      questions.map(({ incidentId, cohortId, servers, until, onTimeout, reason }) => [
        incidentId,
        cohortId,
        nameServers(servers),
        `until ${until}, then ${onTimeout}`,
        reason,
      ]),
    ),
    '',
    paint.strong(incidents.length === 0 ? 'no incident yet' : 'latest incidents'),
    ...indent(incidents.map(toRow)),
    ...(incidents.length === 0 ? [] : [showShares(status.latency)]),
    ...showBudget(status),
  ];
}

function showMode({ mode, setBy, at, reason }: Status['mode']): string[] {
  const colour = mode === 'armed' ? paint.good : mode === 'off' ? paint.bad : paint.warn;
  const word = `${paint.strong('mode')} ${colour(mode)}`;
  return [setBy === null ? `${word}, never set: nothing is changed` : `${word}, set by ${setBy} at ${at}: ${reason}`];
}

function toRow({ openedAt, incidentId, outcomes, verifiedMs, servers, name }: LatestIncident): string[] {
  return [
    openedAt,
    incidentId,
    outcomes.length === 0 ? 'not closed' : outcomes.join(', '),
    verifiedMs === null ? 'no network cut' : `cut in ${verifiedMs} ms`,
    `${servers} ${servers === 1 ? 'server' : 'servers'}`,
    name,
  ];
}

/** From the event's arrival, or the answer, to the network cut that was read back. */
function showShares({ incidents, cuts, p50Ms, p99Ms }: LatencyShares): string {
  if (p50Ms === null || p99Ms === null) return `  no network cut in the last ${incidents} incidents`;
  const colour = p99Ms > cutLimitMs ? paint.bad : paint.good;
  return `  network cut, ${cuts} in the last ${incidents} incidents: p50 ${p50Ms} ms, ${colour(`p99 ${p99Ms} ms`)} of ${cutLimitMs} ms`;
}

function showBudget({ budget }: Status): string[] {
  if (budget === null) return [];
  const services = Object.entries(budget.services).map(([name, count]) => `${name} ${count}`);
  const said = [`${budget.servers} in all`, ...services].join(', ');
  return ['', `${paint.strong('budget')} servers counted in the window that began ${budget.windowStart}: ${said}`];
}

function nameServers(servers: readonly string[]): string {
  const more = servers.length - namedServers;
  const named = servers.slice(0, namedServers).join(' ');
  return more > 0 ? `${named} and ${more} more` : named;
}

function indent(rows: readonly (readonly string[])[]): string[] {
  return toTable(rows).map((line) => `  ${line}`);
}
