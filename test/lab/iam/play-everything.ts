import { toIamRequests } from '../../../lab/iam/authorise-call.ts';
import type { IamRequest } from '../../../lab/iam/iam-request.ts';
import { findCaller } from '../../../lab/iam/read-role.ts';
import type { Lab } from '../../../lab/lab.ts';
import { play } from '../../../lab/play.ts';
import { readScenarios, toServerSpec } from '../../../lab/scenario.ts';
import type { ScenarioServer } from '../../../lab/scenario.ts';
import { answerTask } from '../../../lab/trigger.ts';
import { reviewDetailType, reviewSource } from '../../../lambdas/shared/reviews/review-event.ts';
import { tagKeys } from '../../../lambdas/shared/tags.ts';
import { readFixture } from '../../builders/events.ts';

/** A call with what AWS would have authorised for it, by the tags as they were when it came. */
export interface CallSeen {
  /** Logical id of the function or state machine. */
  readonly caller: string;
  readonly name: string;
  readonly requests: readonly IamRequest[];
}

/** All calls of functions and state machines, those the lab has no mapping for, and how the restores ended. */
export interface Everything {
  readonly calls: CallSeen[];
  readonly unmapped: string[];
  readonly restored: string[];
}

/** Plays every scenario, and then what no scenario has, so that each function makes each of its calls. */
export async function playEverything(lab: Lab): Promise<Everything> {
  const everything: Everything = { calls: [], unmapped: [], restored: [] };
  watchCalls(lab, everything);
  const scenarios = readScenarios();
  for (const scenario of scenarios) await play(lab, scenario, () => undefined);
  await lab.setMode('armed');
  // A repeat, which has to read what is there already.
  await lab.trigger(scenarios[0]?.event);
  for (const server of servers) await addServer(lab, server);
  await tripAndRestore(lab, { peers: [attacker], requestId: 'peers' }, everything);
  await tripAndRestore(lab, { ports: [8443], requestId: 'ports' }, everything);
  await tripAndRestore(lab, { requestId: 'whole servers' }, everything);
  await askAfterRestore(lab, { servers: servers.map(({ id }) => id), kind: 'other-threat' }, everything);
  await lab.world.createServer(toServerSpec(trader));
  await lab.addServer(trader);
  await askAfterRestore(lab, { servers: [trader.id], kind: 'abnormal-orders' }, everything);
  await playAlarmOfAlarms(lab);
  await playNonsense(lab);
  lab.aws.gateway.setIntercept(undefined);
  return everything;
}

/** The operator, who has no role here, and rules: the roles of their targets are not to be had from a deployment. */
const apart = /^(AKIALABOPERATOR$|arn:aws:events:)/;

/** Notes every call that comes from now on, with what AWS would have authorised for it. */
export function watchCalls(lab: Lab, { calls, unmapped }: Everything): void {
  lab.aws.gateway.setIntercept((call) => {
    const caller = findCaller(lab.deployment, call.caller);
    try {
      if (caller === undefined) {
        if (!apart.test(call.caller)) unmapped.push(`Caller '${call.caller}' has no role of the stack`);
        return undefined;
      }
      calls.push({ caller, name: `${call.service}:${call.operation}`, requests: toIamRequests(call, lab.aws) });
    } catch (error) {
      unmapped.push(String(error));
    }
    return undefined;
  });
}

const attacker = '203.0.113.66';

const servers: readonly ScenarioServer[] = ['1', '2'].map((number) => ({
  id: `i-0c00000000000000${number}`,
  address: `10.0.90.${number}`,
  tags: {},
  interfaces: 1,
  peers: [
    { ...toPeer('customers', '198.51.100.10', 8443), allowed: 'anyone' },
    { ...toPeer('attacker', attacker, 22), allowed: 'address' },
  ],
}));

function toPeer(name: string, address: string, port: number) {
  return { name, address, port, connections: 1, direction: 'in', golden: false } as const;
}

/** A server with tagged rules in both directions that admit the attacker alone: tags come back with their rules. */
async function addServer(lab: Lab, server: ScenarioServer): Promise<void> {
  const { id, address: privateAddress, peers } = server;
  await lab.world.createServer({ instanceId: id, privateAddress, peers });
  await lab.addServer(server);
  const groupId = lab.aws.ec2.model.interfacesOf(id)[0]?.groupIds[0] ?? '';
  const rule = { ipProtocol: 'tcp', cidrIpv4: `${attacker}/32`, tags: { owner: 'desk' } };
  lab.aws.ec2.addRule(groupId, { ...rule, fromPort: 8080 }, 'ingress');
  lab.aws.ec2.addRule(groupId, { ...rule, fromPort: 443 }, 'egress');
}

/** A manual start on both servers; the first is put back alone, so that the list of cuts is changed, not only cleared. */
async function tripAndRestore(lab: Lab, start: object, { restored }: Everything): Promise<void> {
  const ids = servers.map(({ id }) => id);
  const asking = { requestedBy: 'desk', reason: 'a drill' };
  const { assessment } = await lab.trigger({ ...asking, fuse: 'trip', kind: 'other-threat', servers: ids, ...start });
  const { incident } = assessment as { readonly incident: { readonly id: string } };
  restored.push(...(await lab.restore({ ...asking, server: ids[0] })));
  restored.push(...(await lab.restore({ ...asking, incidentId: incident.id })));
}

const trader: ScenarioServer = {
  id: 'i-0c000000000000009',
  address: '10.0.90.9',
  tags: { [tagKeys.profile]: 'trading' },
  interfaces: 1,
  peers: [{ ...toPeer('customers', '198.51.100.10', 8080), allowed: 'anyone' }],
  machine: {
    platform: 'Linux',
    services: [{ name: 'trading-engine', active: true }],
    clock: { offsetMs: 40, holds: true },
  },
};

/** Cut, put back by a person, met again: now somebody is asked, and says yes. */
async function askAfterRestore(lab: Lab, start: object, { restored }: Everything): Promise<void> {
  const asking = { requestedBy: 'desk', reason: 'a drill' };
  const event = { ...asking, ...start, fuse: 'trip', requestId: 'asked' };
  const { assessment } = await lab.trigger(event);
  const { incident } = assessment as { readonly incident: { readonly id: string } };
  restored.push(...(await lab.restore({ ...asking, incidentId: incident.id })));
  await lab.trigger(event);
  for (const { token } of lab.aws.stepFunctions.openTokens) {
    await answerTask(lab.aws, token, { approved: true, by: 'desk', reason: 'a drill' });
  }
  await lab.aws.whenIdle();
  restored.push(...(await lab.restore({ ...asking, incidentId: incident.id })));
}

/** A composite alarm names its servers through its children, which have to be looked up. */
async function playAlarmOfAlarms(lab: Lab): Promise<void> {
  ['desk-cpu', 'desk:traffic'].forEach((alarmName, index) => {
    lab.aws.cloudWatch.addAlarm({
      alarmName,
      alarmArn: `arn:aws:cloudwatch:us-east-1:123456789012:alarm:${alarmName}`,
      configuration: { Dimensions: [{ Name: 'InstanceId', Value: servers[index]?.id }] },
    });
  });
  await lab.trigger(readFixture('alarm-composite'));
}

/** What belongs to no incident has a place in the audit all the same. */
async function playNonsense(lab: Lab): Promise<void> {
  await lab.trigger({ fuse: 'trip' });
  await lab.restore({ incidentId: 'inc-unknown', requestedBy: 'desk', reason: 'a slip of the pen' });
  // Refused as often as it is delivered.
  const detail = { operation: 'close', name: 'unheard-of', by: 'desk', reason: 'a slip of the pen' };
  await lab.trigger({ source: reviewSource, 'detail-type': reviewDetailType, detail });
}
