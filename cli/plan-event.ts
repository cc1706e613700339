import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMachine, VirtualClock } from '../lab/asl/interpreter.ts';
import type { Execution } from '../lab/asl/interpreter.ts';
import type { Json } from '../lab/asl/json.ts';
import { answerSignal } from '../lambdas/shared/answers/answer-signal.ts';
import { applyMeanings } from '../lambdas/shared/answers/apply-meanings.ts';
import { questions } from '../lambdas/shared/contracts/incident.ts';
import type { Answers, Cohort } from '../lambdas/shared/contracts/incident.ts';
import type { Signal } from '../lambdas/shared/contracts/signal.ts';
import { SignalRejectedError } from '../lambdas/shared/errors.ts';
import { toIncidentId } from '../lambdas/shared/incident-id.ts';
import type { Policy } from '../lambdas/shared/policy/policy-schema.ts';
import { parseEvent } from '../lambdas/shared/signals/parse-event.ts';

/** What would happen to one event. `answers` joins all cohorts; each cohort's own stand beside them. */
export interface EventPlan {
  readonly outcome: 'incident' | 'ignored' | 'rejected';
  readonly kind: string | null;
  readonly servers: readonly string[];
  readonly answers: Answers | null;
  readonly path: readonly string[];
  readonly reason: string;
  readonly incidentId?: string;
  readonly cohorts?: readonly Pick<
    Cohort,
    'id' | 'servers' | 'answers' | 'evidence' | 'cut' | 'profile' | 'service' | 'handOver'
  >[];
  readonly actions?: readonly string[];
}

const nothing = { kind: null, servers: [], answers: null, path: [] };

/**
 * Plans one event without an account: parsed and answered by the functions' own code, walked through the deployed
 * flowchart with every action in plan mode. Servers are taken as running and untagged; the policy still counts.
 */
export async function planEvent(event: unknown, policy: Policy): Promise<EventPlan> {
  try {
    const parsed = parseEvent(event, {
      accountId: 'offline',
      region: 'offline',
      receivedAt: new Date(0).toISOString(),
    });
    if (parsed.kind === 'ignored') return { outcome: 'ignored', ...nothing, reason: parsed.reason };
    return await planSignal(applyMeanings(parsed.signal, policy), policy);
  } catch (error) {
    if (!(error instanceof SignalRejectedError)) throw error;
    return { outcome: 'rejected', ...nothing, reason: error.message };
  }
}

async function planSignal(signal: Signal, policy: Policy): Promise<EventPlan> {
  const cohorts = answerSignal(signal, {
    policy,
    accountId: signal.accountId,
    // Exceptions end by the clock: what is planned is what would happen now.
    receivedAt: new Date().toISOString(),
    descriptions: signal.servers.map((id) => ({ id, state: 'running', tags: {}, securityGroups: [], interfaces: [] })),
    doubts: signal.childAlarms.length > 0 && signal.servers.length === 0 ? [describeChildren(signal)] : [],
  });
  const { path, actions } = await walkFlowchart(signal, cohorts);
  return {
    outcome: 'incident',
    kind: signal.kind,
    servers: signal.servers,
    answers: joinAnswers(cohorts),
    path,
    reason: explain(cohorts),
    incidentId: toIncidentId(signal),
    cohorts: cohorts.map(({ goldenChannels: _channels, securityGroupHints: _hints, ...shown }) => shown),
    actions,
  };
}

function describeChildren({ childAlarms }: Signal): string {
  return `Servers are known only to the child alarms ${childAlarms.join(', ')}, which are looked up in the account`;
}

function joinAnswers(cohorts: readonly Cohort[]): Answers {
  const joined = questions.map((question) => [question, cohorts.some(({ answers }) => answers[question])]);
  return Object.fromEntries(joined) as Answers;
}

/** The evidence of the first yes in the flowchart's order; else why there is none. */
function explain(cohorts: readonly Cohort[]): string {
  return cohorts
    .map(({ answers, evidence, handOver }) => {
      const decisive = questions.find((question) => answers[question]);
      return decisive === undefined ? (handOver ?? evidence.securityRisk) : evidence[decisive];
    })
    .join('; ');
}

/** Walks the machines as they lie on disk; what would act is only noted down. */
async function walkFlowchart(
  signal: Signal,
  cohorts: readonly Cohort[],
): Promise<{ path: readonly string[]; actions: string[] }> {
  const actions: string[] = [];
  const incident = { id: toIncidentId(signal), signal };
  const invoke = ({ FunctionName, Payload }: { FunctionName: string; Payload: Record<string, unknown> }): Json => {
    if (FunctionName.includes('Assess')) return { outcome: 'incident', incident, cohorts };
    if (FunctionName.includes('CloseIncident')) return { outcome: 'planned' };
    const { action, cohort } = Payload as { action: string; cohort: Cohort };
    actions.push(`${action} ${cohort.id}`);
    return { action, cohortId: cohort.id, status: 'planned', summary: '' };
  };
  const walk = async (name: string, input: Json): Promise<Execution> =>
    runMachine(readMachine(name), input, {
      clock: new VirtualClock(),
      handlers: {
        'arn:aws:states:::lambda:invoke': async ({ arguments: given }) => ({ Payload: invoke(given as never) }),
        'arn:aws:states:::states:startExecution.sync:2': async ({ arguments: given }) => {
          const { StateMachineArn, Input } = given as { StateMachineArn: string; Input: Json };
          return { Output: (await walk(fileOf(StateMachineArn), Input)).output ?? null };
        },
        'arn:aws:states:::states:startExecution': async ({ arguments: given }) => {
          const { cohort } = (given as { Input: { cohort: Cohort } }).Input;
          actions.push(`ask-person ${cohort.id}`);
          return {};
        },
      },
    });
  const { path, status, cause } = await walk('respond', {});
  if (status !== 'SUCCEEDED') throw new Error(`The flowchart could not be walked: ${cause ?? status}`);
  return { path, actions };
}

/** `${CutByProfileStateMachineArn}` → `cut-by-profile`. */
function fileOf(placeholder: string): string {
  const name = /\$\{(\w+)StateMachineArn\}/.exec(placeholder)?.[1] ?? placeholder;
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

function readMachine(name: string): unknown {
  const file = join(import.meta.dirname, '..', 'statemachines', `${name}.asl.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}
