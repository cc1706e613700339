import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type * as z from 'zod/mini';
import { readExport } from '../../cli/commands/audit/read-export.ts';
import { inspectDefinition } from '../../lab/asl/machine.ts';
import { lintHouseRules } from '../../lab/asl/lint.ts';
import { compilePattern } from '../../lab/services/events/pattern.ts';
import { ServiceError } from '../../lab/services/wire/service-error.ts';
import {
  HoldVerdictSchema as HoldTimeSchema,
  ReleaseVerdictSchema as ReleaseTimeSchema,
} from '../../lambdas/shared/actions/hold-open/verdicts.ts';
import { HoldVerdictSchema, ReleaseTaskVerdictSchema } from '../../lambdas/shared/actions/hold-task/verdicts.ts';
import { readVerdict } from '../../lambdas/shared/actions/host-work/read-verdict.ts';
import { KillVerdictSchema, ReleaseVerdictSchema } from '../../lambdas/shared/actions/kill-connections/verdicts.ts';
import {
  KillSessionsVerdictSchema,
  ReleaseSessionsVerdictSchema,
} from '../../lambdas/shared/actions/kill-sessions/verdicts.ts';
import { ClockVerdictSchema } from '../../lambdas/shared/actions/resync-clock/resync-clock.ts';
import { ShedVerdictSchema } from '../../lambdas/shared/actions/shed-connections/verdicts.ts';
import { StartVerdictSchema, StopVerdictSchema } from '../../lambdas/shared/actions/stop-service/verdicts.ts';
import { answerSignal } from '../../lambdas/shared/answers/answer-signal.ts';
import { ActionRequestSchema } from '../../lambdas/shared/contracts/action.ts';
import { parseWith } from '../../lambdas/shared/contracts/parse.ts';
import { RestoreStepSchema } from '../../lambdas/shared/contracts/restoring.ts';
import { FuseError, MessageInvalidError } from '../../lambdas/shared/errors.ts';
import { parsePolicyYaml } from '../../lambdas/shared/policy/load-policy.ts';
import { parsePolicy } from '../../lambdas/shared/policy/parse-policy.ts';
import { ReviewEventSchema } from '../../lambdas/shared/reviews/review-event.ts';
import { parseEvent } from '../../lambdas/shared/signals/parse-event.ts';
import { parsePart } from '../../lambdas/shared/signals/reject.ts';
import { TimeZonesVerdictSchema } from '../../lambdas/shared/time-zones/verdict.ts';
import { fromAttributes, toAttributes, type AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { AskRequestSchema } from '../../lambdas/shared/contracts/asking.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import { readRecordedEntry } from '../../lambdas/shared/recorded-entry.ts';
import { findSealFaults } from '../../lambdas/shared/seal.ts';
import { ConfigSchema } from '../../cdk/config.ts';
import { buildRequest } from '../builders/action-request.ts';
import { buildRecord } from '../builders/audit-items.ts';
import { buildPolicy } from '../builders/policy.ts';
import { verdicts } from './verdict-samples.ts';

/** Something that reads what others wrote. */
export interface FuzzTarget {
  /** Real inputs by name: a text for readers of text, any JSON for the others. */
  readonly samples: Readonly<Record<string, unknown>>;
  readonly isText: boolean;
  /** Returns a word for what became of the input; whatever it throws must be a named refusal. */
  run(input: unknown): string;
}

const root = join(import.meta.dirname, '..', '..');

function readSamples(pattern: string, parse: (text: string) => unknown): Readonly<Record<string, unknown>> {
  const files = globSync(pattern, { cwd: root }).sort();
  return Object.fromEntries(
    files.map((file) => [
      pattern.startsWith('lab/scenarios') ? file.split(/[\\/]/).at(-2) : basename(file),
      parse(readFileSync(join(root, file), 'utf8')),
    ]),
  );
}

const json = (text: string): unknown => JSON.parse(text);
const events = readSamples('test/fixtures/events/*.json', json);
const policyTexts = readSamples('{fuse.policy.yaml,lab/scenarios/policy.yaml}', String);
const policy = buildPolicy();
const home = { accountId: '123456789012', region: 'us-east-1', receivedAt: '2026-05-06T07:08:09Z' };
const asked = { requestedBy: 'ada', reason: 'a drill' };

/** Parses and answers: servers are taken as running and untagged. */
function assess(input: unknown): string {
  const parsed = parseEvent(input, home);
  if (parsed.kind === 'ignored') return 'ignored';
  const { signal } = parsed;
  const descriptions = signal.servers.map((id) => ({
    id,
    state: 'running',
    tags: {},
    securityGroups: [],
    interfaces: [],
  }));
  const { accountId, receivedAt } = home;
  const cohorts = answerSignal(signal, { policy, accountId, receivedAt, descriptions, doubts: [] });
  const covered = cohorts.flatMap(({ servers }) => servers);
  if (new Set(covered).size !== covered.length) throw new Error('A server stands in two cohorts');
  if (!signal.servers.every((server) => covered.includes(server))) throw new Error('A server stands in no cohort');
  return 'signal';
}

function pickQuestion() {
  const { incident, cohort } = buildRequest();
  return { incident, cohort };
}

/** The most that the table takes as one item. */
const mostItemBytes = 409_600;

/** What the table gives back has both keys, and is shallow and small enough to have been put. */
function isItem(value: unknown): value is AuditItem {
  return isRecord(value) && isKey(value['pk'], 2048) && isKey(value['sk'], 1024) && isWritable(value);
}

function isKey(value: unknown, mostBytes: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= mostBytes;
}

function isWritable(value: unknown): boolean {
  try {
    return Buffer.byteLength(JSON.stringify(value)) <= mostItemBytes;
  } catch {
    return false;
  }
}

function values(samples: FuzzTarget['samples'], run: FuzzTarget['run']): FuzzTarget {
  return { samples, isText: false, run };
}

function texts(samples: FuzzTarget['samples'], run: (text: string) => string): FuzzTarget {
  return { samples, isText: true, run: (input) => run(String(input)) };
}

function byVerdict(schema: z.ZodMiniType, sample: string): FuzzTarget {
  const { incident } = json(sample) as { incident: string };
  return texts({ sample, surrounded: `banner\n${sample}\nfailed to run commands: exit status 1` }, (text) =>
    readVerdict(schema, text, incident) === null ? 'none' : 'verdict',
  );
}

/** A message between functions: taken or refused by name. */
function message(schema: z.ZodMiniType, samples: FuzzTarget['samples']): FuzzTarget {
  return values(samples, (input) => {
    parseWith(schema, input, 'Message', (words) => new MessageInvalidError(words));
    return 'taken';
  });
}

/** Every reader of what others wrote, by name. */
export const targets: Readonly<Record<string, FuzzTarget>> = {
  events: values({ ...events, ...readSamples('lab/scenarios/*/event.json', json) }, assess),
  reviews: values(readSamples('lab/scenarios/compliance-review/*.json', json), (input) => {
    parsePart(ReviewEventSchema, (input as { detail?: unknown } | null)?.detail, 'Compliance review');
    return 'taken';
  }),
  'event files': texts(readSamples('test/fixtures/events/*.json', String), (text) => {
    let value: unknown;
    try {
      value = json(text);
    } catch {
      return 'no JSON';
    }
    return assess(value);
  }),
  policy: values({ built: policy }, (input) => {
    parsePolicy(input);
    return 'taken';
  }),
  'policy files': texts(policyTexts, (text) => {
    parsePolicyYaml(text);
    return 'taken';
  }),
  restores: message(RestoreStepSchema, {
    find: { step: 'find-entries', request: { ...asked, server: 'i-0123456789abcdef0' } },
    undo: {
      step: 'undo-entry',
      request: { ...asked, incidentId: 'inc-0123456789abcdef0123' },
      entry: { incidentId: 'inc-0123456789abcdef0123', action: 'kill-connections', cohortId: 'c1' },
    },
  }),
  'audit entries': values({ record: buildRecord() }, (input) => {
    if (!Array.isArray(input) || !input.every(isItem)) return 'no items';
    const items = input.map((item) => fromAttributes(toAttributes(item)));
    findSealFaults(items);
    readRecordedEntry(items);
    return 'read';
  }),
  configs: message(ConfigSchema, {
    one: {
      policy: 'fuse.policy.yaml',
      accounts: [{ account: '123456789012', region: 'eu-central-1', vpcs: [{ vpcId: 'vpc-0123456789abcdef0' }] }],
    },
  }),
  'answers of people': message(AskRequestSchema, {
    record: {
      step: 'record',
      ...pickQuestion(),
      answer: { approved: true, by: 'ada', reason: 'checked' },
      failure: null,
      executionId: 'e',
    },
  }),
  'action requests': message(ActionRequestSchema, { built: buildRequest() }),
  exports: texts({ small: `{"pk":"incident#x","sk":"opened#01"}\n` }, (text) =>
    readExport(text).faults.length === 0 ? 'whole' : 'faulty',
  ),
  'kill verdicts': byVerdict(KillVerdictSchema, verdicts.kill),
  'release verdicts': byVerdict(ReleaseVerdictSchema, verdicts.release),
  'session verdicts': byVerdict(KillSessionsVerdictSchema, verdicts.sessions),
  'release-sessions verdicts': byVerdict(ReleaseSessionsVerdictSchema, verdicts.releaseSessions),
  'shed verdicts': byVerdict(ShedVerdictSchema, verdicts.shed),
  'stop verdicts': byVerdict(StopVerdictSchema, verdicts.stop),
  'start verdicts': byVerdict(StartVerdictSchema, verdicts.start),
  'hold-task verdicts': byVerdict(HoldVerdictSchema, verdicts.holdTask),
  'release-task verdicts': byVerdict(ReleaseTaskVerdictSchema, verdicts.releaseTask),
  'hold-time verdicts': byVerdict(HoldTimeSchema, verdicts.holdTime),
  'release-time verdicts': byVerdict(ReleaseTimeSchema, verdicts.releaseTime),
  'clock verdicts': byVerdict(ClockVerdictSchema, verdicts.clock),
  'time zone verdicts': byVerdict(TimeZonesVerdictSchema, verdicts.zones),
  patterns: values(
    {
      alarm: {
        source: ['aws.cloudwatch'],
        detail: { state: { value: ['ALARM'] }, alarmName: [{ 'anything-but': { prefix: 'own-' } }] },
      },
      either: { $or: [{ source: ['a'] }, { source: [{ exists: true }] }] },
    },
    (input) => (compilePattern(input)(events['alarm-cpu.json']) ? 'matches' : 'does not'),
  ),
  machines: values(readSamples('statemachines/*.asl.json', json), (input) =>
    inspectDefinition(input).machine === undefined ? 'refused' : `${Math.sign(lintHouseRules(input).length)} findings`,
  ),
};

/** Longer messages would not fit beside the event into an audit item. */
export const longestMessage = 20_000;

/** What is wrong with how the target took the input; null where the outcome is clear. */
export function findFault(target: FuzzTarget, input: unknown): string | null {
  try {
    const word = target.run(input);
    return word === '' ? 'No outcome' : null;
  } catch (error) {
    const isNamed = error instanceof FuseError || error instanceof ServiceError;
    if (!isNamed) return error instanceof Error ? `${error.name}: ${error.message.slice(0, 500)}` : String(error);
    if (error.message === '') return `${error.name} without a message`;
    if (error.message.length <= longestMessage) return null;
    return `${error.name} with a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`;
  }
}
