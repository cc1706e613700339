import { readScenarios } from '../../lab/scenario.ts';
import { outcomeEvents } from '../../cdk/constructs/outcome-events.ts';
import { outcomeSource } from '../../lambdas/shared/contracts/outcome-event.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import { isBareFinding, toEnvelope } from '../../lambdas/shared/signals/envelope.ts';
import { fixtureFolder, readEvents, recordedFolder } from '../events/read-events.ts';
import type { NamedEvent } from '../events/read-events.ts';
import type { Verdict } from './bench.ts';
import type { MatchSeed } from './differential/event-steps.ts';
import { findReason, findStale, readLimits } from './not-judged.ts';
import type { NotJudged } from './not-judged.ts';
import type { Template } from './strip-template.ts';

/** A rule of the template that listens to events. */
interface PatternRule {
  readonly id: string;
  readonly pattern: object;
}

type JsonObject = Readonly<Record<string, unknown>>;

interface CarriedEvent {
  readonly name: string;
  readonly event: JsonObject;
}

/** What both matchers are asked about; what EventBridge would never carry, with its reason; and what is neither. */
export interface SortedEvents {
  readonly carried: readonly CarriedEvent[];
  readonly left: readonly NotJudged[];
  readonly failures: readonly string[];
}

export interface Matchers {
  readonly lab: MatchSeed;
  readonly ministack: MatchSeed;
}

const target = 'ministack';
const prefix = 'patterns: ';

/**
 * Every pattern of the template against every event, as it is and as if it had happened in the account of the template:
 * two matchers that know nothing of each other must agree.
 */
export async function checkPatterns(template: Template, matchers: Matchers, accountId: string): Promise<Verdict[]> {
  const recorded = readEvents(recordedFolder);
  const sorted = sortEvents([...recorded, ...readOwnEvents()], readLimits(target).checks, recorded.length > 0);
  const events = sorted.carried.flatMap(({ name, event }) => [
    { name, event },
    { name: `${name} in the own account`, event: { ...event, account: accountId } },
  ]);
  const verdicts: Verdict[] = [];
  for (const rule of findRules(template)) {
    const check = `${prefix}${rule.id} takes the same of ${events.length} events for both matchers`;
    verdicts.push(toVerdict(check, await findDisagreements(rule, events, matchers)));
  }
  verdicts.push(toVerdict(`${prefix}what is no event is named, with its reason`, sorted.failures));
  const missing = 'there are no samples: ../shared/events, or the folder that FUSE_SHARED_EVENTS names, is not there';
  const left =
    recorded.length > 0 ? sorted.left : [{ check: `${prefix}recorded samples`, reason: missing }, ...sorted.left];
  return [...verdicts, ...left.map(({ check, reason }) => ({ ...toVerdict(check, []), ok: null, notJudged: reason }))];
}

function toVerdict(check: string, failures: readonly string[]): Verdict {
  return { target, check, ok: failures.length === 0, notJudged: null, failures };
}

/**
 * Tells events from what is none. What is left out must stand in the list by name, and nothing else may: else a sample
 * that nobody asks about counts as one that was asked. Without the samples, nobody can say whether the list is needed.
 */
export function sortEvents(
  named: readonly NamedEvent[],
  list: readonly NotJudged[],
  areAllThere: boolean,
): SortedEvents {
  const carried: CarriedEvent[] = [];
  const left: NotJudged[] = [];
  const failures: string[] = [];
  for (const { name, event } of named) {
    const check = `${prefix}${name}`;
    const asCarried = toCarried(event);
    const reason = findReason(list, check);
    if (asCarried !== null) carried.push({ name, event: asCarried });
    if (asCarried !== null && reason !== null) failures.push(`"${check}" is listed as not judged, and is an event`);
    if (asCarried === null && reason !== null) left.push({ check, reason });
    if (asCarried === null && reason === null) {
      failures.push(
        `"${name}" is no event that EventBridge carries: name it in not-judged.yaml as "${check}", with why`,
      );
    }
  }
  const stale = areAllThere
    ? findStale(
        list,
        named.map(({ name }) => `${prefix}${name}`),
      )
    : [];
  return { carried, left, failures: [...failures, ...stale.map(({ check }) => `"${check}" is the name of no event`)] };
}

/** The event as EventBridge carries it; null for what it never carries in this shape. */
function toCarried(event: unknown): JsonObject | null {
  if (!isRecord(event)) return null;
  if ('detail-type' in event && 'source' in event) return complete(event);
  // GetFindings writes PascalCase, EventBridge camelCase: rewritten keys would be an event of our making.
  const wrapped = isBareFinding(event) && 'service' in event ? toEnvelope(event) : null;
  return isRecord(wrapped) ? complete({ ...wrapped, detail: event }) : null;
}

async function findDisagreements(
  { pattern }: PatternRule,
  events: readonly CarriedEvent[],
  matchers: Matchers,
): Promise<string[]> {
  const failures: string[] = [];
  let taken = 0;
  for (const { name, event } of events) {
    const text = JSON.stringify(pattern);
    const [ours, theirs] = [await matchers.lab.matches(text, event), await matchers.ministack.matches(text, event)];
    if (ours !== theirs) failures.push(`${name}: the lab says ${ours}, ministack says ${theirs}`);
    if (ours && theirs) taken += 1;
  }
  // Two matchers that say no to everything agree as well.
  return taken === 0 ? [...failures, 'No event at all is taken'] : failures;
}

function findRules({ Resources }: Template): PatternRule[] {
  return Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
    const pattern = Properties?.['EventPattern'];
    return Type === 'AWS::Events::Rule' && isRecord(pattern) ? [{ id, pattern }] : [];
  });
}

/** Our own events: fixtures, scenarios, and one of each that the fuse publishes itself. */
function readOwnEvents(): NamedEvent[] {
  const scenes = readScenarios().map(({ name, event }) => ({ name: `scenario ${name}`, event }));
  const outcomes = Object.values(outcomeEvents).map((type) => ({
    name: `outcome ${type}`,
    event: { source: outcomeSource, 'detail-type': type, detail: {} },
  }));
  return [...readEvents(fixtureFolder), ...scenes, ...outcomes];
}

/** TestEventPattern wants every field of the envelope; samples printed in documentation leave some out. */
function complete(event: JsonObject): JsonObject {
  const envelope = {
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    account: '111122223333',
    time: '2026-01-02T03:04:05Z',
    region: 'us-east-1',
    resources: [],
  };
  return { ...envelope, ...event };
}
