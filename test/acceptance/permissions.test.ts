import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authoriseCall, toIamRequests } from '../../lab/iam/authorise-call.ts';
import { evaluate, evaluateAll } from '../../lab/iam/evaluate.ts';
import type { Verdict } from '../../lab/iam/evaluate.ts';
import { findUnusedGrants } from '../../lab/iam/find-unused-grants.ts';
import type { IamRequest } from '../../lab/iam/iam-request.ts';
import { findCaller, readRole } from '../../lab/iam/read-role.ts';
import type { Statement } from '../../lab/iam/statement.ts';
import { startLab } from '../../lab/lab.ts';
import type { Lab } from '../../lab/lab.ts';
import { play } from '../../lab/play.ts';
import { readScenarios } from '../../lab/scenario.ts';
import type { ScenarioServer } from '../../lab/scenario.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import { readFixture } from '../builders/events.ts';

/** A call with what AWS authorised for it, by the tags as they were when it came. */
interface Seen {
  readonly caller: string;
  readonly name: string;
  readonly requests: readonly IamRequest[];
}

/** Functions and state machines by the name in the tree: `Assess`, `Respond`. */
const roleNames = [
  'Assess',
  'RevokeSecurityGroups',
  'KillConnections',
  'HandOver',
  'CloseIncident',
  'Restore',
  'Respond',
  'RestoreMachine',
] as const;
type RoleName = (typeof roleNames)[number];

/** Granted, and never asked for while nothing goes wrong and nothing is encrypted or delivered: with the reason. */
const spared: Readonly<Record<string, string>> = {
  'logs:CreateLogStream': 'The lab keeps the log of a function itself, as Lambda does it for one',
  'logs:PutLogEvents': 'As above',
  'xray:PutTraceSegments': 'Lambda and Step Functions send the traces, and the lab has none',
  'xray:PutTelemetryRecords': 'As above',
  'xray:GetSamplingRules': 'As above',
  'xray:GetSamplingTargets': 'As above',
  'logs:CreateLogDelivery': 'Step Functions sets up its own log, and the lab has none',
  'logs:DeleteLogDelivery': 'As above',
  'logs:DescribeLogGroups': 'As above',
  'logs:DescribeResourcePolicies': 'As above',
  'logs:GetLogDelivery': 'As above',
  'logs:ListLogDeliveries': 'As above',
  'logs:PutResourcePolicy': 'As above',
  'logs:UpdateLogDelivery': 'As above',
  'kms:Decrypt': 'DynamoDB asks for the key of the table on behalf of its caller, and the lab encrypts nothing',
  'kms:DescribeKey': 'As above',
  'kms:Encrypt': 'As above',
  'kms:GenerateDataKey': 'As above',
  'ssm:CancelCommand': 'Only a host that does not answer for 55 s has its command cancelled',
};

let lab: Lab;
const seen: Seen[] = [];
const unmapped: string[] = [];

beforeAll(async () => {
  lab = await startLab({ hosts: 'simulated' });
  lab.aws.gateway.setIntercept((call) => {
    const caller = findCaller(lab.deployment, call.caller);
    if (caller === undefined) return undefined;
    try {
      seen.push({ caller, name: `${call.service}:${call.operation}`, requests: toIamRequests(call, lab.aws) });
    } catch (error) {
      unmapped.push(String(error));
    }
    return undefined;
  });
  const scenarios = readScenarios();
  for (const scenario of scenarios) await play(lab, scenario, () => undefined);
  await lab.setMode('armed');
  await lab.trigger(scenarios[0]?.event);
  await playRest();
  lab.aws.gateway.setIntercept(undefined);
}, 60_000);

afterAll(async () => await lab.stop());

/** What no scenario has: rules with tags both ways, one server of two put back, alarms of alarms, and nonsense. */
async function playRest(): Promise<void> {
  await addServers();
  await tripAndRestore({ peers: ['203.0.113.66'], requestId: 'peers' });
  await tripAndRestore({ ports: [8443], requestId: 'ports' });
  await tripAndRestore({ requestId: 'whole servers' });
  addAlarm('desk-cpu', 'i-0a000000000000901');
  addAlarm('desk:traffic', 'i-0a000000000000902');
  await lab.trigger(readFixture('alarm-composite'));
  await lab.trigger({ fuse: 'trip' });
  await lab.restore({ incidentId: 'inc-unknown', requestedBy: 'test', reason: 'a slip of the pen' });
}

const servers: readonly ScenarioServer[] = ['901', '902'].map((end) => ({
  id: `i-0a000000000000${end}`,
  address: `10.0.90.${end.slice(1)}`,
  tags: {},
  interfaces: 1,
  peers: [
    {
      name: 'customers',
      address: '198.51.100.10',
      connections: 2,
      direction: 'in',
      port: 8443,
      golden: false,
      allowed: 'anyone',
    },
    {
      name: 'attacker',
      address: '203.0.113.66',
      connections: 1,
      direction: 'in',
      port: 22,
      golden: false,
      allowed: 'address',
    },
  ],
}));

async function addServers(): Promise<void> {
  for (const server of servers) {
    const { id, address: privateAddress, peers } = server;
    await lab.world.createServer({ instanceId: id, privateAddress, peers });
    await lab.addServer(server);
    const groupId = groupOf(id);
    const rule = { ipProtocol: 'tcp', cidrIpv4: '203.0.113.66/32', tags: { owner: 'desk' } };
    lab.aws.ec2.addRule(groupId, { ...rule, fromPort: 8080 }, 'ingress');
    lab.aws.ec2.addRule(groupId, { ...rule, fromPort: 443 }, 'egress');
  }
}

/** Trips by hand, puts the first server back, then the rest. */
async function tripAndRestore(start: object): Promise<void> {
  const ids = servers.map(({ id }) => id);
  const { assessment } = await lab.trigger({
    fuse: 'trip',
    requestedBy: 'test',
    reason: 'a drill',
    servers: ids,
    kind: 'other-threat',
    ...start,
  });
  const { incident } = assessment as { readonly incident: { readonly id: string } };
  const asking = { requestedBy: 'test', reason: 'end of the drill' };
  const first = await lab.restore({ ...asking, server: ids[0] });
  const rest = await lab.restore({ ...asking, incidentId: incident.id });
  expect([...first, ...rest]).not.toContain('failed');
}

function addAlarm(alarmName: string, instanceId: string): void {
  lab.aws.cloudWatch.addAlarm({
    alarmName,
    alarmArn: `arn:aws:cloudwatch:us-east-1:123456789012:alarm:${alarmName}`,
    configuration: { Dimensions: [{ Name: 'InstanceId', Value: instanceId }] },
  });
}

function groupOf(instanceId: string): string {
  return lab.aws.ec2.model.interfacesOf(instanceId)[0]?.groupIds[0] ?? '';
}

function logicalIdOf(name: RoleName): string {
  const outputs: Partial<Record<RoleName, string>> = {
    Respond: 'RespondStateMachine',
    RestoreMachine: 'RestoreStateMachine',
  };
  const type = outputs[name] === undefined ? 'AWS::Lambda::Function' : 'AWS::StepFunctions::StateMachine';
  const part = outputs[name] ?? `Functions${name}Function`;
  return lab.deployment.logicalIdsOf(type).find((logicalId) => logicalId.includes(part)) ?? '';
}

function roleOf(name: RoleName): readonly Statement[] {
  return readRole(lab.deployment, logicalIdOf(name));
}

function callsOf(name: RoleName): readonly Seen[] {
  return seen.filter(({ caller }) => caller === logicalIdOf(name));
}

describe('every role', () => {
  it('belongs to a function or machine whose calls are judged here', () => {
    const deployed = ['AWS::Lambda::Function', 'AWS::StepFunctions::StateMachine'].flatMap(lab.deployment.logicalIdsOf);

    expect(new Set(roleNames.map(logicalIdOf))).toEqual(new Set(deployed));
    expect(unmapped).toEqual([]);
  });

  it.each(roleNames)('%s may make all the calls it made', (name) => {
    const calls = callsOf(name);

    const refused = calls
      .map((call) => ({ name: call.name, verdict: evaluateAll(roleOf(name), call.requests) }))
      .filter(({ verdict }) => verdict.kind !== 'allowed');

    expect(calls.length).toBeGreaterThan(0);
    expect(refused).toEqual([]);
  });

  it.each(roleNames)('%s is granted nothing it does not use', (name) => {
    const requests = callsOf(name).flatMap((call) => call.requests);

    const unused = findUnusedGrants(roleOf(name), requests).filter(({ action }) => !Object.hasOwn(spared, action));

    expect(unused).toEqual([]);
  });

  it('is spared a use only where there is none', () => {
    const used = new Set(seen.flatMap(({ requests }) => requests.map(({ action }) => action)));
    const unused = roleNames.flatMap((name) => findUnusedGrants(roleOf(name), []).map(({ action }) => action));

    expect(Object.keys(spared).filter((action) => used.has(action))).toEqual([]);
    expect(Object.keys(spared).filter((action) => !unused.includes(action))).toEqual([]);
  });
});
