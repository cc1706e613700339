import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planEvent, type EventPlan } from '../../cli/plan-event.ts';
import { compilePattern } from '../../lab/services/events/pattern.ts';
import { ReviewEventSchema } from '../../lambdas/shared/reviews/review-event.ts';
import { buildPolicy } from '../builders/policy.ts';
import { account, resourcesOf, synthesise, type Json } from '../cdk/synthesise.ts';
import { readFixture, withValue, type JsonObject } from '../builders/events.ts';
import { fixtureFolder, readEvents, recordedFolder, type NamedEvent } from './read-events.ts';

const root = join(import.meta.dirname, '..', '..');
const recorded = readEvents(recordedFolder);
const own = readEvents(fixtureFolder);

/** What each recorded sample comes to: an incident and its kind, or why it is none. */
const recordedOutcomes: Readonly<Record<string, string>> = {
  'alarm-01-metric-alarm.json': 'incident overload',
  'alarm-02-metric-math-alarm.json': 'incident other-alarm',
  'alarm-03-composite-alarm.json': 'ignored: Alarm is suppressed by WaitPeriod',
  'alarm-05-ec2-cpu-alarm.json': 'incident overload',
  'alarm-06-ok-from-alarm.json': 'ignored: Alarm state is OK',
  'alarm-07-insufficient-data.json': 'ignored: Alarm state is INSUFFICIENT_DATA',
  'alarm-08-configuration-change.json': 'ignored: A changed alarm configuration is no alarm',
  'autoscaling-01-terminate-lifecycle.json': 'ignored: A scaling activity is no anomaly',
  'cloudtrail-01-console-sign-in-eventbridge.json': 'ignored: A console sign-in names no server',
  'cloudtrail-02-console-login-record.json': 'ignored: A CloudTrail record names no server',
  'guardduty-01-ec2-c2-dns.json': 'ignored: Sample finding: Its additionalInfo says sample',
  'guardduty-02-ec2-rdp-bruteforce.json': 'ignored: Sample finding: Its additionalInfo says sample',
  'guardduty-03-ec2-portprobe.json': 'incident port-probe',
  'guardduty-07-attack-sequence-iam.json': 'incident account-threat',
  'guardduty-08-iam-password-policy.json': 'incident account-threat',
  'guardduty-09-s3-pentest.json': 'ignored: Sample finding: Its additionalInfo says sample',
  'guardduty-10-eks-privileged-container.json': 'incident account-threat',
  'guardduty-11-rds-tor.json': 'ignored: Sample finding: Its additionalInfo says sample',
  'ssm-01-command-status.json': 'ignored: A status of Systems Manager is no anomaly',
  'ssm-02-command-invocation-status.json': 'ignored: A status of Systems Manager is no anomaly',
};

/** What each of our own fixtures comes to. */
const ownOutcomes: Readonly<Record<string, string>> = {
  'alarm-composite.json': 'incident other-alarm',
  'alarm-contributor.json': 'incident overload',
  'alarm-cpu.json': 'incident overload',
  'alarm-metric-math.json': 'incident other-alarm',
  'console-sign-in.json': 'ignored: A console sign-in names no server',
  'ec2-running.json': 'ignored: A change of state of an instance or volume is no anomaly',
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

/** The plan of an event, and whether it is what is written down for that file: what nobody wrote down fails. */
async function expectWritten(
  { name, event }: NamedEvent,
  written: Readonly<Record<string, string>>,
  table: string,
): Promise<EventPlan> {
  const plan = await planEvent(event, buildPolicy());
  const outcome = plan.outcome === 'incident' ? `incident ${plan.kind}` : `${plan.outcome}: ${plan.reason}`;
  const toAdd = `an entry for it: if "${outcome}" is what it must come to, add '${name}': '${outcome}' to ${table}`;

  expect(outcome).toBe(written[name] ?? toAdd);
  return plan;
}

describe.skipIf(recorded.length === 0)('A recorded event', () => {
  it.each(recorded)('comes to what is written down for it: $name', async (sample) => {
    const { reason } = await expectWritten(sample, recordedOutcomes, 'recordedOutcomes');

    expect(reason).not.toBe('');
  });
});

describe('An event of our own', () => {
  it.each(own)('comes to what is written down for it: $name', async (fixture) => {
    const { outcome, path, reason } = await expectWritten(fixture, ownOutcomes, 'ownOutcomes');

    expect(reason).not.toBe('');
    expect(path[0]).toBe(outcome === 'incident' ? 'Assess' : undefined);
  });

  it('is there for every outcome that is written down', () => {
    expect(own.map(({ name }) => name)).toEqual(Object.keys(ownOutcomes).sort());
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
