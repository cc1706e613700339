import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planEvent } from '../../cli/plan-event.ts';
import { compilePattern } from '../../lab/services/events/pattern.ts';
import { ReviewEventSchema } from '../../lambdas/shared/reviews/review-event.ts';
import { buildPolicy } from '../builders/policy.ts';
import { account, resourcesOf, synthesise, type Json } from '../cdk/synthesise.ts';
import { readFixture, withValue, type JsonObject } from '../builders/events.ts';

const root = join(import.meta.dirname, '..', '..');
/** Samples that nobody here wrote lie beside the checkout where somebody has them: their licences are not ours. */
const recordedFolder = process.env['FUSE_SHARED_EVENTS'] ?? join(root, '..', 'shared', 'events');
const ownFolder = join(root, 'test', 'fixtures', 'events');

function readFolder(folder: string): [string, unknown][] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown]);
}

const recorded = readFolder(recordedFolder);
const own = readFolder(ownFolder);

describe.skipIf(recorded.length === 0)('A recorded event', () => {
  it.each(recorded)('is an incident or is ignored, with its reason: %s', async (_file, event) => {
    const plan = await planEvent(event, buildPolicy());

    expect(['incident', 'ignored']).toContain(plan.outcome);
    expect(plan.reason).not.toBe('');
  });
});

/** What each of our own fixtures comes to. */
const outcomes: Readonly<Record<string, string>> = {
  'alarm-composite.json': 'incident other-alarm',
  'alarm-contributor.json': 'incident overload',
  'alarm-cpu.json': 'incident overload',
  'alarm-metric-math.json': 'incident other-alarm',
  'console-sign-in.json': 'ignored null',
  'ec2-running.json': 'ignored null',
  'guardduty-attack-sequence.json': 'incident ransomware',
  'guardduty-brute-force.json': 'incident brute-force',
  'guardduty-command-and-control.json': 'incident command-and-control',
  'guardduty-malicious-file.json': 'incident ransomware',
  'guardduty-port-probe.json': 'incident port-probe',
  'manual-trip.json': 'incident other-threat',
  'order-state.json': 'incident order-state-backwards',
  'sensor-clock-offset.json': 'incident clock-offset',
  'sensor-time-zones.json': 'incident time-zone-conflict',
};

describe('An event of our own', () => {
  it.each(own)('comes to what is written down for it: %s', async (file, event) => {
    const plan = await planEvent(event, buildPolicy());

    expect(`${plan.outcome} ${plan.kind}`).toBe(outcomes[file]);
    expect(plan.reason).not.toBe('');
    expect(plan.path[0]).toBe(plan.outcome === 'incident' ? 'Assess' : undefined);
  });

  it('of a compliance review is read by those who watch reviews', () => {
    const { detail } = readReview();

    expect(ReviewEventSchema.safeParse(detail).success).toBe(true);
    expect(ReviewEventSchema.safeParse({ ...(detail as object), until: undefined }).success).toBe(false);
  });
});

/** Not among the fixtures of the flowchart: `fuse plan` would refuse it, rightly. */
function readReview(): JsonObject {
  const path = join(root, 'lab', 'scenarios', 'compliance-review', 'event.json');
  return JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
}

const rules = resourcesOf(synthesise({ account }), 'AWS::Events::Rule').filter(
  ({ Properties }) => Properties.EventPattern,
);

/** Patterns hold the prefix of the fuse's own alarms, which CloudFormation fills in. */
function compile(pattern: Json): (event: unknown) => boolean {
  return compilePattern(JSON.parse(JSON.stringify(pattern).replaceAll(/\{"Ref":"(\w+)"\}/g, '"ConnectionFuse-$1"')));
}

const outcome: JsonObject = {
  source: 'connection-fuse',
  'detail-type': 'Incident failed',
  account: account.account,
  detail: {},
};

/** For each rule, by a part of its logical id: an event it takes, and the same event with one thing that makes it miss. */
const cases: Readonly<Record<string, readonly [JsonObject, string, unknown]>> = {
  DeadLettersFailedIncidents: [outcome, 'detail-type', 'Incident closed'],
  NotificationsOutcomes: [outcome, 'detail-type', 'Incident opened'],
  SignalRulesGuardDutyFindings: [readFixture('guardduty-port-probe'), 'account', '210987654321'],
  SignalRulesAlarmContributors: [readFixture('alarm-contributor'), 'detail.state.value', 'OK'],
  SignalRulesAlarms: [readFixture('alarm-cpu'), 'detail.state.value', 'INSUFFICIENT_DATA'],
  SignalRulesHostSensors: [readFixture('sensor-time-zones'), 'source', 'connection-fuse.sensors'],
  SignalRulesApplications: [readFixture('order-state'), 'account', '210987654321'],
  ReviewsStartedServers: [readFixture('ec2-running'), 'detail.state', 'pending'],
  ReviewsFindings: [
    readFixture('guardduty-brute-force'),
    'detail-type',
    'GuardDuty Malware Protection Object Scan Result',
  ],
  ReviewsReviewEvents: [readReview(), 'detail-type', 'Compliance Reviews'],
};

/** A logical id ends in a hash of its path. */
function findCase(id: string): string {
  const found = Object.keys(cases).find((name) => new RegExp(`^Fuse${name}[0-9A-F]{8}$`).test(id));
  return found ?? `no case for ${id}`;
}

describe('A rule of the template', () => {
  it.each(rules.map(({ id, Properties }) => [findCase(id), Properties.EventPattern] as const))(
    'takes what it is for, and not what is next to it: %s',
    (name, pattern: Json) => {
      const [event, path, value] = cases[name] ?? [];
      const matches = compile(pattern);

      expect(Object.keys(cases)).toContain(name);
      expect(matches(event)).toBe(true);
      expect(matches(withValue(event ?? {}, path ?? '', value))).toBe(false);
    },
  );

  it('does not take an alarm of the fuse itself', () => {
    const alarms = rules.find(({ id }) => findCase(id) === 'SignalRulesAlarms')?.Properties.EventPattern;
    const [
      {
        'anything-but': { prefix },
      },
    ] = alarms.detail.alarmName;
    const event = withValue(readFixture('alarm-cpu'), 'detail.alarmName', `${prefix}Respond-failed`);

    expect(compile(alarms)(event)).toBe(false);
  });

  it('is there for every case, and there is a case for every rule', () => {
    expect(rules.map(({ id }) => findCase(id)).sort()).toEqual(Object.keys(cases).sort());
  });
});
