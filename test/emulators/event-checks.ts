import { readScenarios } from '../../lab/scenario.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import { expectSame } from './bench.ts';
import type { Bench } from './bench.ts';
import { listExecutions } from './observe.ts';
import type { Template } from './strip-template.ts';
import { sendEvent, setMode } from './play-scenario.ts';

/** Events that come close to what the rules take, and must start nothing. */
const nearMisses = [
  { name: 'an alarm that went back to OK', change: { detail: { state: { value: 'OK' } } } },
  { name: 'an alarm of another detail type', change: { 'detail-type': 'CloudWatch Alarm Configuration Change' } },
  { name: 'an alarm of another source', change: { source: 'custom.cloudwatch' } },
];

/** One event that must start the machine follows those that must not, so nobody waits for what does not come. */
export async function checkEvents(bench: Bench): Promise<void> {
  const alarm = readScenarios().find(({ name }) => name === 'overload-shed')?.event;
  const { target } = bench;
  const machine = target.outputs['RespondStateMachineArn'] ?? '';
  await bench.check('events: what comes close to a rule starts nothing', async () => {
    await setMode(bench, 'shadow');
    const before = await listExecutions(target.clients.stepFunctions, machine);
    const own = { detail: { alarmName: findOwnAlarm(target.template) } };
    for (const { change } of [...nearMisses, { change: own }]) await target.deliver(merge(alarm, change));
    const taken = await sendEvent(bench, alarm);
    const after = await listExecutions(target.clients.stepFunctions, machine);
    return [
      ...expectSame('Number of executions of the event that counts', taken.length, 1),
      ...expectSame('Number of executions', after.length - before.length, 1),
    ];
  });
}

function merge(value: unknown, change: unknown): unknown {
  if (!isRecord(value) || !isRecord(change)) return change;
  const changed = Object.entries(change).map(([key, part]) => [key, merge(value[key], part)]);
  return { ...value, ...(Object.fromEntries(changed) as Record<string, unknown>) };
}

/** Name of one of the fuse's own alarms: they must not start it. */
function findOwnAlarm({ Resources }: Template): string {
  const names = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Properties?.['AlarmName']);
  const own = names.find((name) => typeof name === 'string' && name.endsWith('-DeadLetters'));
  if (typeof own !== 'string') throw new Error('The template has no alarm "DeadLetters" with a name of its own');
  return own;
}
