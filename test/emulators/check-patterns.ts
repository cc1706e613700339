import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readScenarios } from '../../lab/scenario.ts';
import { outcomeEvents } from '../../cdk/constructs/outcome-events.ts';
import { outcomeSource } from '../../lambdas/shared/contracts/outcome-event.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import type { Verdict } from './bench.ts';
import type { MatchSeed } from './differential/event-steps.ts';
import type { Template } from './strip-template.ts';

/** A rule of the template that listens to events. */
interface PatternRule {
  readonly id: string;
  readonly pattern: object;
}

interface NamedEvent {
  readonly name: string;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface Matchers {
  readonly lab: MatchSeed;
  readonly ministack: MatchSeed;
}

const root = join(import.meta.dirname, '..', '..');
/** Recorded and documented samples that nobody here wrote; they lie beside the checkout where somebody has them. */
const recorded = join(root, '..', 'shared', 'events');
const fixtures = join(root, 'test', 'fixtures', 'events');

/**
 * Every pattern of the template against every event, as it is and as if it had happened in the account of the template:
 * two matchers that know nothing of each other must agree.
 */
export async function checkPatterns(template: Template, matchers: Matchers, accountId: string): Promise<Verdict[]> {
  const events = readEvents().flatMap(({ name, event }) => [
    { name, event },
    { name: `${name} in the own account`, event: { ...event, account: accountId } },
  ]);
  const verdicts: Verdict[] = [];
  for (const rule of findRules(template)) {
    const check = `patterns: ${rule.id} takes the same of ${events.length} events for both matchers`;
    const failures = await findDisagreements(rule, events, matchers);
    verdicts.push({ target: 'ministack', check, ok: failures.length === 0, notJudged: null, failures });
  }
  const isThere = existsSync(recorded);
  const reason = isThere ? null : 'the folder ../shared/events is not there';
  verdicts.push({
    target: 'ministack',
    check: 'patterns: recorded samples',
    ok: isThere ? true : null,
    notJudged: reason,
    failures: [],
  });
  return verdicts;
}

async function findDisagreements(
  { pattern }: PatternRule,
  events: readonly NamedEvent[],
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

/** What EventBridge carries: files that hold the finding only, or a record of another shape, are no events. */
function readEvents(): NamedEvent[] {
  const files = [recorded, fixtures].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith('.json'))
          .map((name) => ({ name, event: JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown }))
      : [],
  );
  const scenes = readScenarios().map(({ name, event }) => ({ name: `scenario ${name}`, event }));
  const outcomes = Object.values(outcomeEvents).map((type) => ({
    name: `outcome ${type}`,
    event: { source: outcomeSource, 'detail-type': type, detail: {} },
  }));
  return [...files, ...scenes, ...outcomes].flatMap(({ name, event }) =>
    isRecord(event) && 'detail-type' in event && 'source' in event ? [{ name, event: complete(event) }] : [],
  );
}

/** TestEventPattern wants every field of the envelope; samples printed in documentation leave some out. */
function complete(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
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
