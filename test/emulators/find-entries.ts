import type { Scenario } from '../../lab/scenario.ts';
import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { readStepKey } from '../../lambdas/shared/clients/audit-keys.ts';
import { expectSame, expectThat } from './bench.ts';
import type { Findings } from './bench.ts';
import type { ExecutionSeen } from './observe.ts';

type Expected = NonNullable<Scenario['expect']>;

/** What was read of one incident. */
interface IncidentSeen {
  readonly items: readonly AuditItem[];
  readonly executions: readonly ExecutionSeen[];
}

/** Actions that need nothing to run on a host: the others can only be done where commands run. */
const hostless: ReadonlySet<string> = new Set(['revoke-security-groups', 'fail-over']);

/** Restore says of these that nothing can be undone, whatever the host says. */
const irreversible: ReadonlySet<string> = new Set(['kill-sessions', 'resync-clock']);

export function isHostless(action: string): boolean {
  return hostless.has(action);
}

/** Whether an item says that something was to be done on a host that restore has to undo there. */
export function isHostWork({ sk }: AuditItem): boolean {
  const key = readStepKey(sk);
  return key !== null && !isHostless(key.action) && !irreversible.has(key.action) && key.step === '2-applied';
}

/** How the incident was closed, read from the table: an execution that ended red carries no output. */
export function readOutcome({ items }: Pick<IncidentSeen, 'items'>): string | null {
  const closed = items.findLast(({ sk }) => /^(closed|failed)#\d+$/.test(sk));
  return closed === undefined ? null : String(closed['outcome']);
}

/** What the incident was closed with, for who has to find out why. */
function readSummary({ items }: Pick<IncidentSeen, 'items'>): string {
  const closed = items.findLast(({ sk }) => /^(closed|failed)#\d+$/.test(sk));
  return closed === undefined ? 'never closed' : JSON.stringify(closed['summary'] ?? null).slice(0, 300);
}

/** How every action closed, before it was undone: the step that has number 3, else the last one there is. */
function readStatuses({ items }: Pick<IncidentSeen, 'items'>): ReadonlyMap<string, readonly string[]> {
  const steps = items.flatMap(({ sk }) => readStepKey(sk) ?? []);
  const entries = Map.groupBy(steps, ({ action, cohortId }) => `${action} ${cohortId}`);
  const closed = [...entries.values()].flatMap(
    (own) => own.findLast(({ step }) => step.startsWith('3-')) ?? own.at(-1) ?? [],
  );
  const grouped = Map.groupBy(closed, ({ action }) => action);
  const toStatus = ({ step }: { readonly step: string }) => step.replace(/^\d+-/, '');
  return new Map([...grouped].map(([action, own]) => [action, [...new Set(own.map(toStatus))]]));
}

/** Entries of the scenario that are not on record as it says. */
export function findMissingEntries(
  seen: IncidentSeen,
  expect: Expected,
  isWanted: (action: string) => boolean,
): Findings {
  const statuses = readStatuses(seen);
  const words = readSummary(seen);
  const opened = seen.items.find(({ sk }) => sk === 'opened#01');
  return [
    ...expectThat(opened !== undefined, `The incident has no opening entry (${words})`),
    ...Object.entries(expect.entries)
      .filter(([action]) => isWanted(action))
      .flatMap(([action, status]) => expectSame(`Entry "${action}" (${words})`, statuses.get(action) ?? [], [status])),
  ];
}

/**
 * Commands were taken and ran nowhere: every action on hosts that is tried must be on record as failed, and the incident
 * must show red. Anything else is a lie; so is an action that was not even tried, for then nothing was put to the test.
 */
export function findFalseClaims(seen: IncidentSeen, expect: Expected): Findings {
  const statuses = [...readStatuses(seen)].filter(([action]) => !isHostless(action));
  const outcome = readOutcome(seen);
  return [
    ...statuses.flatMap(([action, own]) => expectSame(`Entry "${action}"`, own, ['failed'])),
    ...expectThat(
      statuses.some(([action]) => action in expect.entries),
      `No action on hosts is on record (${readSummary(seen)})`,
    ),
    ...expectThat(
      seen.items.some(({ sk }) => {
        const key = readStepKey(sk);
        return key !== null && !isHostless(key.action) && key.step === '2-applied';
      }),
      'No action on hosts was tried',
    ),
    ...expectThat(
      outcome === 'failed' || outcome === 'partly-contained',
      `The incident is closed as "${String(outcome)}"`,
    ),
    ...expectThat(seen.executions[0]?.status === 'FAILED', 'The execution does not show red'),
  ];
}
