import {
  DeleteRuleCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import type { Rule, Target } from '@aws-sdk/client-eventbridge';
import type { Clients } from './clients.ts';

const source = 'acceptance.clock';
const clockRule = 'acceptance-clock';

/**
 * Has every scheduled rule's targets called with the event of its schedule, now and once: nobody waits a quarter of an
 * hour. A rule for an event of our own stands in for the clock; the targets are those of the deployed rules.
 */
export async function fireSchedules({ events }: Clients): Promise<void> {
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  const targets: Target[] = [];
  for (const rule of Rules.filter(({ ScheduleExpression }) => ScheduleExpression !== undefined)) {
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: rule.Name }));
    targets.push(...Targets.map((target) => toClockTarget(rule, target, targets.length)));
  }
  if (targets.length === 0) throw new Error('No schedule fired: the deployed app has none');
  await events.send(new PutRuleCommand({ Name: clockRule, EventPattern: JSON.stringify({ source: [source] }) }));
  await events.send(new PutTargetsCommand({ Rule: clockRule, Targets: targets }));
  const tick = { Source: source, DetailType: 'tick', Detail: '{}' };
  await events.send(new PutEventsCommand({ Entries: [tick] }));
  await events.send(new RemoveTargetsCommand({ Rule: clockRule, Ids: targets.map(({ Id }) => Id ?? '') }));
  await events.send(new DeleteRuleCommand({ Name: clockRule }));
}

/** What the target is given where the rule itself says nothing else. */
function toClockTarget({ Arn = '' }: Rule, target: Target, number: number): Target {
  const event = {
    version: '0',
    id: `6a7e8feb-b491-4cf7-a9f1-00000000000${number % 10}`,
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    account: Arn.split(':')[4] ?? '',
    region: Arn.split(':')[3] ?? '',
    time: new Date().toISOString(),
    resources: [Arn],
    detail: {},
  };
  const { InputTransformer: transformer, Input, ...rest } = target;
  if (transformer !== undefined) throw new Error(`Schedule "${Arn}" not fired: it transforms its input`);
  return { ...rest, Id: `clock-${number}`, Input: Input ?? JSON.stringify(event) };
}
