import * as z from 'zod/mini';
import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import { readStepKey } from '../../../lambdas/shared/clients/audit-keys.ts';
import { questions } from '../../../lambdas/shared/contracts/incident.ts';
import { readRecordedEntry } from '../../../lambdas/shared/recorded-entry.ts';
import { timeOf } from '../../../lambdas/shared/seal.ts';
import { paint } from '../../output.ts';
import { describeClock, readClock } from './clock-faults.ts';
import { describeChange } from './describe-change.ts';
import { describeLatency } from './describe-latency.ts';

const Text = z._default(z.string(), '');
const Remarks = z._default(z.array(z.object({ target: z.string(), reason: z.string() })), []);

/** Only what is told is read; whatever else stands in an entry is shown by `--json`. */
const OpeningSchema = z.object({
  signal: z.object({
    source: z.string(),
    kind: z.string(),
    name: z.string(),
    identity: z.string(),
    requestedBy: z.nullable(z.string()),
    reason: z.nullable(z.string()),
  }),
  assessment: z.object({
    cohorts: z.array(
      z.object({
        id: z.string(),
        answers: z.record(z.string(), z.boolean()),
        evidence: z.record(z.string(), z.string()),
        handOver: z.nullable(z.string()),
      }),
    ),
  }),
});
type Opening = z.infer<typeof OpeningSchema>;

const StepSchema = z.object({
  changes: z._default(
    z.array(z.object({ target: z.string(), server: z.string(), before: z.unknown(), intended: z.unknown() })),
    [],
  ),
  leftAlone: Remarks,
  unable: Remarks,
  refusals: Remarks,
  remarks: Remarks,
  observations: z._default(z.array(z.object({ target: z.string(), held: z.boolean(), reason: z.string() })), []),
  undoings: z._default(z.array(z.object({ target: z.string(), status: z.string(), reason: z.string() })), []),
  instructions: z._default(z.array(z.string()), []),
  requestedBy: Text,
  reason: Text,
  mode: Text,
});
type Step = z.infer<typeof StepSchema>;

/** An incident for people: who, why, what, when and how it ended, action by action; then everything else, a line each. */
export function showIncident(items: readonly AuditItem[]): string[] {
  const read = items.map((item) => ({ item, opening: readOpening(item) }));
  const openings = read.flatMap(({ opening }) => (opening === null ? [] : [opening]));
  const entries = Map.groupBy(
    items.filter(({ sk }) => readStepKey(sk) !== null),
    ({ sk }) => sk.split('#').slice(0, 3).join('#'),
  );
  return [
    ...read.flatMap(({ item, opening }) => (opening === null ? [] : showOpening(item, opening))),
    ...[...entries.values()].flatMap((steps) => showEntry(steps, openings)),
    ...read
      .filter(({ item, opening }) => readStepKey(item.sk) === null && opening === null)
      .flatMap(({ item }) => showOther(item)),
  ];
}

function showOpening(item: AuditItem, opening: Opening): string[] {
  return [
    `${paint.strong(item.sk)} ${opening.signal.kind} ${describeTime(item)}`,
    ...label('who', [describeSource(opening)]),
  ];
}

function showEntry(unordered: readonly AuditItem[], openings: readonly Opening[]): string[] {
  const items = [...unordered].sort((left, right) => numberOf(left) - numberOf(right));
  const key = readStepKey(items[0]?.sk ?? '');
  const opening = openings.find(({ assessment }) => assessment.cohorts.some(({ id }) => id === key?.cohortId));
  const steps = items.map(readStep);
  return [
    '',
    `${paint.strong(`${key?.action ?? ''} ${key?.cohortId ?? ''}`)}: ${describeStatus(items)}`,
    ...label('who', [opening === undefined ? 'unknown: no opening names this cohort' : describeSource(opening)]),
    ...label('why', opening === undefined ? [] : describeWhy(opening, key?.cohortId ?? '')),
    ...label('what', describeWhat(steps)),
    ...label('when', items.map(describeWhen)),
    ...label('undo', steps.flatMap(describeUndo)),
  ];
}

/** What was changed, with what was seen of it afterwards; what was not, with the reason. */
function describeWhat(steps: readonly Step[]): string[] {
  const seen = new Map(steps.flatMap(({ observations }) => observations).map((one) => [one.target, one]));
  const lines = steps.flatMap(({ changes, leftAlone, unable, refusals, remarks, instructions, mode }) => [
    ...changes.flatMap((change) => {
      const found = seen.get(change.target);
      const after = mode === 'shadow' ? 'only planned: shadow mode' : 'not read back';
      const [subject = '', ...values] = describeChange(change);
      return [
        subject,
        ...values,
        `  ${found === undefined ? after : `read back: ${found.held ? 'held' : 'did not hold'}, ${found.reason}`}`,
      ];
    }),
    ...refusals.map(({ target, reason }) => `${target} refused: ${reason}`),
    ...unable.map(({ target, reason }) => `${target} not possible: ${reason}`),
    ...leftAlone.map(({ target, reason }) => `${target} left alone: ${reason}`),
    ...remarks.filter((remark) => !isTold(remark, steps)).map(({ target, reason }) => `${target}: ${reason}`),
    ...instructions,
  ]);
  return lines.length === 0 ? ['nothing'] : lines;
}

/** The end of an entry repeats what its beginning said, and what was read back. */
function isTold({ target, reason }: { target: string; reason: string }, steps: readonly Step[]): boolean {
  return steps
    .flatMap(({ leftAlone, unable, refusals, observations }) => [leftAlone, unable, refusals, observations].flat())
    .some((told) => told.target === target && told.reason === reason);
}

function describeUndo({ undoings, requestedBy, reason }: Step): string[] {
  if (undoings.length === 0) return [];
  return [
    `by ${requestedBy}: "${reason}"`,
    ...undoings.map(({ target, status, reason: why }) => `  ${target} ${status}: ${why}`),
  ];
}

/** The person who asked, or the event and the rule of the flowchart it met. */
function describeSource({ signal, assessment }: Opening): string {
  if (signal.requestedBy !== null) return `${signal.requestedBy}, by hand: "${signal.reason ?? ''}"`;
  const rules = questions.filter((question) => assessment.cohorts.some(({ answers }) => answers[question] === true));
  const met = rules.length === 0 ? 'no rule asked for anything' : `rule ${rules.join(', ')}`;
  return `event of ${signal.source}: "${signal.name}" (${signal.identity}), ${met}`;
}

function describeWhy({ assessment }: Opening, cohortId: string): string[] {
  const cohort = assessment.cohorts.find(({ id }) => id === cohortId);
  if (cohort === undefined) return [];
  const sentences = questions.map(
    (question) =>
      `${cohort.answers[question] === true ? 'yes' : 'no '} ${question}: ${cohort.evidence[question] ?? ''}`,
  );
  return cohort.handOver === null ? sentences : [...sentences, `a person: ${cohort.handOver}`];
}

/** The end as restore reads it, and what became of it since. */
function describeStatus(items: readonly AuditItem[]): string {
  const last = readStepKey(items.at(-1)?.sk ?? '')?.step.replace(/^\d+-/, '') ?? '';
  try {
    const ended = readRecordedEntry(items).outcome?.status ?? 'no end on record';
    return items.some(({ sk }) => /#(?:[4-9]|\d\d+)-/.test(sk)) ? `${ended}, then ${last}` : ended;
  } catch {
    return `${last} (an entry is malformed)`;
  }
}

function describeWhen(item: AuditItem): string {
  return `${readStepKey(item.sk)?.step ?? ''} ${describeTime(item)}`;
}

function describeTime(item: AuditItem): string {
  return `${timeOf(item) ?? 'no known time'} (${describeClock(readClock(item))})`;
}

/** Closings, repeats and what later versions add: never left out, told in a line. */
function showOther(item: AuditItem): string[] {
  const told = ['outcome', 'summary', 'seal'].flatMap((name) =>
    typeof item[name] === 'string' ? [`${name} ${item[name]}`] : [],
  );
  const latency = describeLatency(item);
  const lines = latency === null ? told : [...told, latency];
  return ['', `${paint.strong(item.sk)} ${describeTime(item)}`, ...lines.map((line) => `  ${line}`)];
}

function readOpening(item: AuditItem): Opening | null {
  const parsed = z.safeParse(OpeningSchema, item);
  return item.sk.startsWith('opened#') && parsed.success ? parsed.data : null;
}

function readStep(item: AuditItem): Step {
  const parsed = z.safeParse(StepSchema, item);
  if (parsed.success) return parsed.data;
  return z.parse(StepSchema, { instructions: [`"${item.sk}" is malformed: --json shows it as it is`] });
}

/** As texts, step 10 stands before step 2. */
function numberOf({ sk }: AuditItem): number {
  return Number.parseInt(readStepKey(sk)?.step ?? '', 10);
}

/** Lines under one word, the first beside it. */
function label(word: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? word : '').padEnd(5)} ${line}`);
}
