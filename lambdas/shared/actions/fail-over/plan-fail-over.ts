import type { CutItem } from '../../clients/audit-table.ts';
import { lookUp } from '../../clients/aws-errors.ts';
import { describeServers } from '../../clients/describe-servers.ts';
import type { FailOver } from '../../policy/fail-over-schema.ts';
import type { ActionContext, ActionPlan, Change, Json } from '../action.ts';
import { retryTransient } from '../retry-transient.ts';
import { findOtherSwitch, judgeStandby } from './judge-standby.ts';
import type { Aim, Mechanism, MechanismTools, Way } from './mechanism.ts';
import { openMechanisms, toChange } from './open-mechanism.ts';
import { writeInstructions } from './write-instructions.ts';

export interface FailOverTools extends MechanismTools {
  /** All that is cut right now: nobody among it may take over, nor get the service back. */
  listCuts(): Promise<readonly CutItem[]>;
}

/** Time for the reads of a plan; the function has 170 s for everything. */
const planForMs = 10_000;

/** What was found of one mechanism: what it would change, or why it would not. */
type Finding =
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'leave' | 'unable' | 'no-standby'; readonly target: string; readonly reason: string };

/** Reads the whole present routing and looks at the standby first; without a healthy one nothing is planned. */
export async function planFailOver(tools: FailOverTools, context: ActionContext): Promise<ActionPlan> {
  const { cohort, policy } = context;
  const how = policy.services.find(({ name }) => name === cohort.service)?.failOver;
  if (how === undefined || cohort.servers.length === 0) {
    return { ...nothing, instead: { status: 'handed-over', summary: writeInstructions(cohort, policy).join('. ') } };
  }
  const mechanisms = openMechanisms(how, cohort.servers, tools);
  const findings = await Promise.all(mechanisms.map(async (mechanism) => find(tools, context, how, mechanism)));
  const absent = findings.find(({ kind }) => kind === 'no-standby');
  if (absent !== undefined && 'reason' in absent) {
    return {
      ...nothing,
      instead: { status: 'no-standby', summary: `No standby for ${absent.target}: ${absent.reason}` },
    };
  }
  const remarksOf = (wanted: Finding['kind']) =>
    findings.flatMap((found) => (found.kind === wanted && 'reason' in found ? [found] : [])).map(toRemark);
  return {
    changes: findings.flatMap((found) => (found.kind === 'change' ? [found.change] : [])),
    leftAlone: remarksOf('leave'),
    unable: remarksOf('unable'),
  };
}

const nothing: ActionPlan = { changes: [], leftAlone: [], unable: [] };

function toRemark({ target, reason }: { target: string; reason: string }) {
  return { target, reason };
}

async function find(
  tools: FailOverTools,
  context: ActionContext,
  how: FailOver,
  mechanism: Mechanism,
): Promise<Finding> {
  const { target } = mechanism;
  const { before, aim } = await readAim(tools, mechanism);
  if (aim.kind !== 'switch') return { kind: aim.kind, target, reason: aim.reason };
  const way: Way<Json> = { before, to: aim.to };
  const reason = await findNoStandby(tools, context, mechanism, way);
  if (reason !== null) return { kind: 'no-standby', target, reason };
  if (mechanism.place(before, way) === 'to') return { kind: 'leave', target, reason: 'The standby carries it already' };
  return { kind: 'change', change: toChange(mechanism, how, context.cohort.servers, way) };
}

async function readAim(tools: FailOverTools, mechanism: Mechanism): Promise<{ before: Json; aim: Aim<Json> }> {
  const deadlineMs = tools.timing.nowMs() + planForMs;
  return lookUp(`Routing of ${mechanism.target}`, async () =>
    retryTransient(tools.timing, deadlineMs, async () => {
      const before = await mechanism.read();
      return { before, aim: await mechanism.aim(before) };
    }),
  );
}

/** Why nobody is there to take over right now, or null. Read anew before every switch. */
export async function findNoStandby(
  tools: FailOverTools,
  context: ActionContext,
  mechanism: Mechanism,
  way: Way<Json>,
): Promise<string | null> {
  const deadlineMs = tools.timing.nowMs() + planForMs;
  const read = async () => {
    const [sight, cuts] = await Promise.all([mechanism.examine(way), tools.listCuts()]);
    const descriptions = await describeServers(tools.ec2, sight.servers);
    return (
      findOtherSwitch(mechanism, context.incident.id, cuts) ?? judgeStandby(sight, context, { descriptions, cuts })
    );
  };
  return lookUp(`Standby of ${mechanism.target}`, async () => retryTransient(tools.timing, deadlineMs, read));
}
