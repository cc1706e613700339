import { toIncidentId } from '../../lambdas/shared/incident-id.ts';
import { parseEvent } from '../../lambdas/shared/signals/parse-event.ts';
import { labAccountId, labRegion } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import type { ExecutionRecord } from '../services/step-functions/executions.ts';
import { emitEvent } from '../trigger.ts';
import type { FaultLab } from './fault-lab.ts';
import type { FaultRun } from './runs.ts';

/** What sets a run off where no signal does: the events of a compliance review, or the clock of a watch. */
export type Watch = 'review' | 'time-zones';

/** As long as the longest period of the app's own schedules. */
const scheduleMs = 15 * 60_000;

/** Delivers what sets a run off, and waits until nothing is under way. */
export async function setOff(lab: FaultLab, { watch }: FaultRun, scenario: Scenario, times = 1): Promise<void> {
  const { aws, deployment } = lab;
  for (let sent = 0; sent < times; sent += 1) {
    if (watch === 'time-zones') aws.events.fireSchedules(scheduleMs);
    else emitEvent(aws, deployment, scenario.event);
  }
  await aws.whenIdle();
  for (const { id } of scenario.servers) await startLate(lab, id);
}

/** A server that stood still until now runs, and EC2 says so. */
async function startLate({ aws, deployment }: FaultLab, id: string): Promise<void> {
  const instance = aws.ec2.model.instances.get(id);
  if (instance?.state !== 'stopped') return;
  instance.state = 'running';
  const detail = { 'instance-id': id, state: 'running' };
  emitEvent(aws, deployment, { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification', detail });
  await aws.whenIdle();
}

/** Gives a watch its next rounds: what the first one did not get done, these have to. */
export async function settle(lab: FaultLab, { watch }: FaultRun): Promise<void> {
  if (watch === 'review') await lab.aws.skipTime(scheduleMs);
  if (watch === 'time-zones') lab.aws.events.fireSchedules(scheduleMs);
  await lab.aws.whenIdle();
}

/** The incidents of a run: that of its event, or whichever a watch started. */
export function listIncidents(run: FaultRun, scenario: Scenario, records: readonly ExecutionRecord[]): string[] {
  if (run.watch === undefined) return [readIncidentId(scenario)];
  const started = records.filter(({ machine }) => machine.arn.includes(respondMachine));
  return [...new Set(started.map(readIncidentOf))];
}

/** Part of the names of the machines that take events, and that close what a person was asked about. */
export const respondMachine = 'WorkflowsRespondStateMachine';
export const approveMachine = 'WorkflowsApproveStateMachine';

/** The incident that an execution of the flowchart opens. */
export function readIncidentOf({ input }: ExecutionRecord): string {
  return identify(JSON.parse(input));
}

/** The id that the scenario's event will get. */
export function readIncidentId({ event }: Scenario): string {
  return identify(event);
}

function identify(event: unknown): string {
  const home = { accountId: labAccountId, region: labRegion, receivedAt: new Date().toISOString() };
  const parsed = parseEvent(event, home);
  if (parsed.kind === 'ignored') throw new Error(`The event of a fault run is ignored: ${parsed.reason}`);
  return toIncidentId(parsed.signal);
}
