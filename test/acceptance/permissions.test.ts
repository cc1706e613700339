import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authoriseCall } from '../../lab/iam/authorise-call.ts';
import { evaluate, evaluateAll } from '../../lab/iam/evaluate.ts';
import type { Verdict } from '../../lab/iam/evaluate.ts';
import { findUnusedGrants } from '../../lab/iam/find-unused-grants.ts';
import type { IamRequest, KeyValue } from '../../lab/iam/iam-request.ts';
import { readRole } from '../../lab/iam/read-role.ts';
import type { Statement } from '../../lab/iam/statement.ts';
import { labAccountId, labRegion, labVpcId } from '../../lab/lab.ts';
import type { Lab } from '../../lab/lab.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import { callers, callerNames, callerTypes, findSpared, spared } from '../lab/iam/callers.ts';
import type { Caller } from '../lab/iam/callers.ts';
import { judgeSubnetCut, subnetCuts } from '../lab/iam/judge-subnet-cut.ts';
import { playApart } from '../lab/iam/play-apart.ts';
import { playEverything } from '../lab/iam/play-everything.ts';
import { startTestLab } from '../start-test-lab.ts';
import type { CallSeen, Everything } from '../lab/iam/play-everything.ts';

let lab: Lab;
let everything: Everything;

beforeAll(async () => {
  lab = await startTestLab({ hosts: 'simulated' });
  everything = await playEverything(lab);
  await playApart(everything);
});

afterAll(async () => await lab.stop());

function logicalIdOf(name: Caller): string {
  const deployed = callerTypes.flatMap((type) => lab.deployment.logicalIdsOf(type));
  return deployed.find((logicalId) => logicalId.includes(callers[name])) ?? '';
}

function roleOf(name: Caller): readonly Statement[] {
  return readRole(lab.deployment, logicalIdOf(name));
}

function callsOf(name: Caller): readonly CallSeen[] {
  return everything.calls.filter(({ caller }) => caller === logicalIdOf(name));
}

describe('the roles of the deployed app', () => {
  it('are all judged here, and so are all calls', () => {
    const deployed = callerTypes.flatMap((type) => lab.deployment.logicalIdsOf(type));

    expect(new Set(callerNames.map(logicalIdOf))).toEqual(new Set(deployed));
    expect(everything.unmapped).toEqual([]);
    expect(everything.restored.filter((status) => status === 'failed')).toEqual([]);
  });

  it.each(callerNames)('let %s make every call it makes', (name) => {
    const calls = callsOf(name);

    const refused = calls
      .map((call) => evaluateAll(roleOf(name), call.requests))
      .filter(({ kind }) => kind !== 'allowed');

    expect(calls.length).toBeGreaterThan(0);
    expect(refused).toEqual([]);
  });

  it.each(callerNames)('grant %s nothing that it never uses', (name) => {
    const requests = callsOf(name).flatMap((call) => call.requests);

    const unused = findUnusedGrants(roleOf(name), requests).filter((grant) => findSpared(grant) === undefined);

    expect(unused).toEqual([]);
  });

  it('spare only what is granted and never used', () => {
    const unusedOf = (name: Caller) =>
      findUnusedGrants(
        roleOf(name),
        callsOf(name).flatMap(({ requests }) => requests),
      );
    const needed = new Set(callerNames.flatMap(unusedOf).flatMap((grant) => findSpared(grant) ?? []));

    const stale = Object.keys(spared).filter((key) => !needed.has(key));

    expect(stale).toEqual([]);
  });
});

/** Functions that run a document on hosts, each its own. */
const hostWorkers = [
  'KillConnections',
  'StopService',
  'HoldTask',
  'KillSessions',
  'ResyncClock',
  'ShedConnections',
] as const;
type HostWorker = (typeof hostWorkers)[number];

/** A call that cuts, and the part of its server that carries a tag. */
interface TaggedCut {
  readonly part: 'network interface' | 'instance' | 'security group' | 'new security group';
  readonly by: 'RevokeSecurityGroups' | HostWorker;
  readonly operation: string;
}

const cuts: readonly TaggedCut[] = [
  { part: 'network interface', by: 'RevokeSecurityGroups', operation: 'ModifyNetworkInterfaceAttribute' },
  { part: 'instance', by: 'RevokeSecurityGroups', operation: 'ModifyNetworkInterfaceAttribute' },
  { part: 'new security group', by: 'RevokeSecurityGroups', operation: 'ModifyNetworkInterfaceAttribute' },
  { part: 'security group', by: 'RevokeSecurityGroups', operation: 'RevokeSecurityGroupIngress' },
  { part: 'security group', by: 'RevokeSecurityGroups', operation: 'RevokeSecurityGroupEgress' },
  ...hostWorkers.map((by): TaggedCut => ({ part: 'instance', by, operation: 'SendCommand' })),
];

/** The document of a function for Linux. */
function documentOf(worker: HostWorker): string {
  const ids = lab.deployment.logicalIdsOf('AWS::SSM::Document');
  const own = ids.find((id) => new RegExp(`HostDocuments${worker}[0-9A-F]{8}$`).test(id));
  return lab.deployment.physicalIdOf(own ?? '');
}

let lastServer = 0;

/** Says whether the role of a function could make a call on a fresh server, one part of which is tagged. */
function judgeCut({ part, by, operation }: TaggedCut, tag: string): Verdict {
  lastServer += 1;
  const instanceId = `i-0c0000000000008${String(lastServer).padStart(2, '0')}`;
  const tags = (name: TaggedCut['part']) => (name === part ? { [tag]: 'clearing' } : {});
  const groupId = lab.aws.ec2.addSecurityGroup({
    groupName: instanceId,
    vpcId: labVpcId,
    tags: tags('security group'),
  });
  const quarantine = lab.aws.ec2.addSecurityGroup({
    groupName: `cut of ${instanceId}`,
    vpcId: labVpcId,
    tags: { [tagKeys.role]: 'quarantine', ...tags('new security group') },
  });
  const [interfaceId] = lab.aws.ec2.addInstance({
    instanceId,
    vpcId: labVpcId,
    tags: tags('instance'),
    networkInterfaces: [
      { privateIpAddress: `10.0.80.${lastServer}`, groupIds: [groupId], tags: tags('network interface') },
    ],
  });
  const input = {
    NetworkInterfaceId: interfaceId,
    SecurityGroupId: [quarantine],
    GroupId: groupId,
    ...(by !== 'RevokeSecurityGroups' && { DocumentName: documentOf(by) }),
    InstanceIds: [instanceId],
  };
  const service = operation === 'SendCommand' ? 'ssm' : 'ec2';
  return authoriseCall(roleOf(by), { at: 0, caller: '', service, operation, input }, lab.aws);
}

describe('the cutting roles', () => {
  it.each(cuts)('refuse $by its $operation where the $part is a lifeline', (cut) => {
    expect(judgeCut(cut, tagKeys.lifeline)).toMatchObject({ kind: 'denied', sid: 'NeverTouchLifelines' });
    // The very same call passes where the tag is another.
    expect(judgeCut(cut, 'owner')).toEqual({ kind: 'allowed' });
  });

  it.each(hostWorkers)('run one document on hosts: %s runs no other', (by) => {
    const verdicts = hostWorkers.map((other) => {
      const input = {
        DocumentName: documentOf(other),
        InstanceIds: [...lab.aws.ec2.model.instances.keys()].slice(0, 1),
      };
      return authoriseCall(roleOf(by), { at: 0, caller: '', service: 'ssm', operation: 'SendCommand', input }, lab.aws);
    });

    expect(verdicts.map(({ kind }) => kind)).toEqual(
      hostWorkers.map((other) => (other === by ? 'allowed' : 'not-granted')),
    );
  });

  it('move no interface into a group the fuse did not make', () => {
    const foreign = lab.aws.ec2.addSecurityGroup({ groupName: 'foreign', vpcId: labVpcId });
    const [card] = lab.aws.ec2.model.networkInterfaces.values();
    const input = { NetworkInterfaceId: card?.networkInterfaceId, SecurityGroupId: [foreign] };
    const call = { at: 0, caller: '', service: 'ec2', operation: 'ModifyNetworkInterfaceAttribute', input };

    const verdict = authoriseCall(roleOf('RevokeSecurityGroups'), call, lab.aws);

    expect(verdict).toMatchObject({ kind: 'not-granted', request: { resource: expect.stringContaining(foreign) } });
    expect(authoriseCall(roleOf('Restore'), call, lab.aws)).toEqual({ kind: 'allowed' });
  });

  it.each(callerNames.filter((name) => name !== 'Restore'))('open nothing: %s may authorise no rule', (name) => {
    const [card] = lab.aws.ec2.model.networkInterfaces.values();
    const input = { GroupId: card?.groupIds[0] };

    for (const operation of ['AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress']) {
      const call = { at: 0, caller: '', service: 'ec2', operation, input };
      expect(authoriseCall(roleOf(name), call, lab.aws)).toMatchObject({ kind: 'not-granted' });
    }
  });
});

function toArn(service: string, resource: string): string {
  return `arn:aws:${service}:${labRegion}:${labAccountId}:${resource}`;
}

function toTableRequest(operation: string, partition: string): IamRequest {
  const name = lab.deployment.outputs['TableName'] ?? '';
  return {
    action: `dynamodb:${operation}`,
    resource: toArn('dynamodb', `table/${name}`),
    context: { keys: { 'dynamodb:LeadingKeys': [partition] }, complete: [] },
  };
}

describe('the role that closes subnets', () => {
  it.each(subnetCuts)('refuses its $operation where the $part is a lifeline', (cut) => {
    expect(judgeSubnetCut(lab, roleOf('RevokeSecurityGroups'), cut, tagKeys.lifeline)).toMatchObject({
      kind: 'denied',
      sid: 'NeverTouchLifelines',
    });
    expect(judgeSubnetCut(lab, roleOf('RevokeSecurityGroups'), cut, 'owner')).toEqual({ kind: 'allowed' });
  });
});

describe('the role of restore', () => {
  it('strikes what is cut off the list and deletes nothing else', () => {
    const deletes = everything.calls
      .flatMap(({ requests }) => requests)
      .filter(({ action }) => /^dynamodb:.*Delete/.test(action));

    expect(deletes.length).toBeGreaterThan(0);
    expect(deletes).toEqual(deletes.map(() => toTableRequest('DeleteItem', 'cut')));
    expect(evaluate(roleOf('Restore'), toTableRequest('DeleteItem', 'cut'))).toEqual({ kind: 'allowed' });
    for (const partition of ['incident#inc-1', 'server#i-1', 'execution#e', 'rejected#r', 'control', 'cut#', 'CUT']) {
      const verdict = evaluate(roleOf('Restore'), toTableRequest('DeleteItem', partition));
      expect(verdict).toMatchObject({ kind: 'denied', sid: 'NeverDeleteOutsideTheCutList' });
    }
  });

  it.each([
    { keys: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress', 'aws:TagKeys': ['owner'] }, sid: null },
    { keys: { 'aws:TagKeys': ['owner'] }, sid: 'NeverTagWhatExists' },
    {
      keys: { 'ec2:CreateAction': 'AuthorizeSecurityGroupEgress', 'aws:TagKeys': ['owner', tagKeys.lifeline] },
      sid: 'NeverWriteFuseTags',
    },
  ])('writes tags on new rules only, and never the fuse’s own: $keys', ({ keys, sid }) => {
    const verdict = evaluate(roleOf('Restore'), {
      action: 'ec2:CreateTags',
      resource: toArn('ec2', 'security-group-rule/*'),
      context: { keys: keys as Readonly<Record<string, KeyValue>>, complete: ['ec2:CreateAction'] },
    });

    expect(verdict).toMatchObject(sid === null ? { kind: 'allowed' } : { kind: 'denied', sid });
  });
});

describe('the audit table', () => {
  it.each(callerNames.filter((name) => name !== 'Restore'))('loses nothing to %s', (name) => {
    for (const operation of ['DeleteItem', 'UpdateItem', 'BatchWriteItem']) {
      const verdict = evaluate(roleOf(name), toTableRequest(operation, 'cut'));
      expect(verdict.kind).not.toBe('allowed');
    }
  });

  it('counts the budget by Assess, nowhere else, and by nobody else', () => {
    const kindsOf = (name: Caller) =>
      ['budget', 'incident#inc-1', 'control'].map(
        (partition) => evaluate(roleOf(name), toTableRequest('UpdateItem', partition)).kind,
      );

    expect(kindsOf('Assess')).toEqual(['allowed', 'denied', 'denied']);
    for (const name of callerNames.filter((other) => other !== 'Assess'))
      expect(kindsOf(name)).not.toContain('allowed');
  });

  it.each(callerNames)('takes the switch from nobody, nor from %s', (name) => {
    expect(evaluate(roleOf(name), toTableRequest('PutItem', 'control')).kind).not.toBe('allowed');
  });

  it('opens to a function through DynamoDB only', () => {
    const keyId = lab.deployment.logicalIdsOf('AWS::KMS::Key').find((id) => id.includes('AuditTable')) ?? '';
    const resource = toArn('kms', `key/${lab.deployment.physicalIdOf(keyId)}`);
    const judge = (name: Caller, service: string) => {
      const keys = { 'kms:ViaService': `${service}.${labRegion}.amazonaws.com` };
      return evaluate(roleOf(name), { action: 'kms:Decrypt', resource, context: { keys, complete: [] } }).kind;
    };
    const functions = callerNames.filter((name) => callers[name].startsWith('Functions'));

    expect(functions.map((name) => judge(name, 'dynamodb'))).toEqual(functions.map(() => 'allowed'));
    expect(functions.map((name) => judge(name, 's3'))).toEqual(functions.map(() => 'not-granted'));
  });
});
