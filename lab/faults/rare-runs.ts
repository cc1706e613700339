import { labAccountId, labRegion } from '../lab.ts';
import { toServiceIds } from '../service-ids.ts';
import type { Scenario } from '../scenario.ts';
import { emitEvent } from '../trigger.ts';
import type { FaultLab } from './fault-lab.ts';
import { ledServices } from './led-services.ts';
import type { FaultRun, MakeRun } from './runs.ts';
import { leadOtherwise } from './standby-runs.ts';
import type { FindScenario } from './standby-runs.ts';

/** Calls that the app makes only in circumstances no scenario has. */
export function listRareRuns(find: FindScenario, respond: MakeRun, restore: MakeRun): FaultRun[] {
  const guessing = find('brute-force');
  const rules = { prepare: addTaggedRules, services: ['ec2'] };
  const slow = { slow: true, services: ['ssm'], operations: ['CancelCommand'] };
  const free = { ...leadByFreeAddress(find('core-without-standby')), services: ['ec2'] };
  return [
    respond('tagged rules', guessing, { ...rules, only: ['revoke-security-groups'] }),
    restore('tagged rules', guessing, { ...rules, only: ['restore'] }),
    respond('slow host', guessing, { ...slow, only: ['kill-connections'] }),
    restore('slow host', guessing, { ...slow, only: ['restore'] }),
    respond('fail-over by free address', free.scenario, { ...free, only: ['fail-over'] }),
    restore('fail-over by free address', free.scenario, { ...free, only: ['restore'] }),
    // The rest of a second attempt is like that of a first one.
    respond('second attempt', find('ransomware'), {
      prepare: playInShadow,
      only: ['assess'],
      services: ['dynamodb'],
    }),
    respond('alarm of alarms', toAlarmOfAlarms(guessing), {
      prepare: addAlarm,
      only: ['assess'],
      services: ['cloudwatch'],
    }),
  ];
}

/** Rules of both directions that admit the attacker alone; their tags have to come back with them. */
function addTaggedRules({ aws: { ec2 } }: FaultLab, { servers }: Scenario): void {
  for (const { id, peers } of servers) {
    const attacker = peers.find(({ allowed }) => allowed === 'address');
    const groupId = ec2.model.interfacesOf(id)[0]?.groupIds[0] ?? '';
    const rule = { ipProtocol: 'tcp', cidrIpv4: `${attacker?.address ?? ''}/32`, tags: { owner: 'desk' } };
    ec2.addRule(groupId, { ...rule, fromPort: 8080 }, 'ingress');
    ec2.addRule(groupId, { ...rule, fromPort: 443 }, 'egress');
  }
}

/** An address that lies nowhere before, and has to lie nowhere again. */
function leadByFreeAddress(trouble: Scenario): Pick<FaultRun, 'scenario'> & Required<Pick<FaultRun, 'prepare'>> {
  const led = ledServices.find(({ front }) => front === 'elastic-ip');
  if (led === undefined) throw new Error('No service of the runs is led by an address');
  const { allocationId, address: publicIp } = toServiceIds(led);
  return {
    scenario: leadOtherwise(trouble, led),
    prepare: ({ aws: { ec2 } }) => ec2.addElasticIp({ allocationId, publicIp }),
  };
}

/** A finding that came while the fuse was in shadow: it was planned then, and is cut when it comes again. */
async function playInShadow({ aws, audit, deployment }: FaultLab, { event, mode }: Scenario): Promise<void> {
  const why = { setBy: 'lab', reason: 'faults', at: new Date().toISOString() };
  await audit.writeMode('shadow', why);
  emitEvent(aws, deployment, event);
  await aws.whenIdle();
  await audit.writeMode(mode, why);
}

const childAlarm = 'desk-cpu';

/** An alarm over others: it names no server, its children do. */
function toAlarmOfAlarms(scenario: Scenario): Scenario {
  const toArn = (name: string): string => `arn:aws:cloudwatch:${labRegion}:${labAccountId}:alarm:${name}`;
  const triggering = [{ arn: toArn(childAlarm), state: { value: 'ALARM', timestamp: '2026-05-06T07:05:10.321+0000' } }];
  const event = {
    id: '7f0b6a52-0a51-4c55-9d8e-000000000d01',
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: labAccountId,
    region: labRegion,
    time: '2026-05-06T07:05:13Z',
    resources: [toArn('desk-degraded')],
    detail: {
      alarmName: 'desk-degraded',
      state: {
        value: 'ALARM',
        reason: `${childAlarm} transitioned to ALARM`,
        reasonData: JSON.stringify({ triggeringAlarms: triggering }),
        timestamp: '2026-05-06T07:05:12.000+0000',
      },
      previousState: { value: 'OK', timestamp: '2026-05-06T06:00:00.000+0000' },
      configuration: { alarmRule: `ALARM(${childAlarm})` },
    },
  };
  return { ...scenario, event, ...(scenario.expect && { expect: { ...scenario.expect, cut: [] } }) };
}

function addAlarm({ aws }: FaultLab, { servers }: Scenario): void {
  aws.cloudWatch.addAlarm({
    alarmName: childAlarm,
    alarmArn: `arn:aws:cloudwatch:${labRegion}:${labAccountId}:alarm:${childAlarm}`,
    configuration: { Dimensions: [{ Name: 'InstanceId', Value: servers[0]?.id }] },
  });
}
