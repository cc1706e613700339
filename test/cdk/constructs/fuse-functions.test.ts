import { describe, expect, it } from 'vitest';
import { actions } from '../../../lambdas/shared/actions/index.ts';
import { digestDocument } from '../../../lambdas/shared/document-digest.ts';
import { functionRolesOf, type Statement } from '../policies.ts';
import { resourcesOf, stems, synthesise, type Json } from '../synthesise.ts';

const template = synthesise();
const roles = functionRolesOf(template);

const ec2 = 'arn:aws:ec2:eu-central-1:123456789012';
const documents = 'arn:aws:ssm:eu-central-1:123456789012:document';
const traces = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
const ofFuse = ' if Null aws:ResourceTag/connection-fuse:role';
const atCreation = ' if StringEquals ec2:CreateAction';

/** What a role is allowed: one line a resource, with the keys of its condition, in alphabetical order. */
function allowedTo(name: string): Record<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const statement of roles.get(name) ?? []) {
    if (statement.Effect === 'Deny') continue;
    for (const resource of statement.Resource) {
      const line = `${resource}${showCondition(statement)}`;
      lines.set(line, [...(lines.get(line) ?? []), ...statement.Action].sort());
    }
  }
  return Object.fromEntries(lines);
}

function showCondition({ Condition }: Statement): string {
  if (Condition === undefined) return '';
  const partitions = Condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
  if (partitions !== undefined) return ` in ${partitions.join(', ')}`;
  const [[operator, keys]] = Object.entries(Condition) as [[string, object]];
  return ` if ${operator} ${Object.keys(keys).join(', ')}`;
}

const queries = { '<AuditTable>': ['dynamodb:Query'] };
const readsMode = { '<AuditTable> in control': ['dynamodb:GetItem'] };
const key = {
  '<AuditTableKey> if StringEquals kms:ViaService': [
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey',
  ],
};
const publishes = { '<FuseBus>': ['events:PutEvents'] };
/** The watch of reviews starts machines, which exist after the other functions. */
const placeOf = (name: string) => (name.startsWith('Reviews') ? name : `Functions${name}`);
const log = (name: string) => ({ [`<${placeOf(name)}Log>`]: ['logs:CreateLogStream', 'logs:PutLogEvents'] });
const puts = (partitions: string) => ({ [`<AuditTable> in ${partitions}`]: ['dynamodb:PutItem'] });

const runs = (document: string) => ({
  [`${documents}/<HostDocuments${document}>`]: ['ssm:DescribeDocument', 'ssm:GetDocument', 'ssm:SendCommand'],
});

/** What a function needs that runs its own document on hosts, and no other. */
function runsOnHosts(document: string): Record<string, string[]> {
  return {
    ...queries,
    ...readsMode,
    ...puts('incident#*, cut'),
    ...runs(document),
    '*': [
      'ec2:DescribeInstances',
      'ec2:DescribeNetworkInterfaces',
      'ssm:CancelCommand',
      'ssm:DescribeInstanceInformation',
      'ssm:ListCommandInvocations',
      ...traces,
    ],
    [`${ec2}:instance/*`]: ['ssm:SendCommand'],
  };
}

/** As those that cut, but for the list of what is cut: a lifeline that is held is none of it. */
function keepsAlive(): Record<string, string[]> {
  const { '<AuditTable> in incident#*, cut': _cuts, ...rest } = runsOnHosts('HoldTime');
  return { ...rest, ...puts('incident#*') };
}

const expected: Record<string, Record<string, string[]>> = {
  Assess: {
    ...queries,
    ...puts('incident#*, execution#*'),
    '<AuditTable> in budget': ['dynamodb:UpdateItem'],
    '*': ['cloudwatch:DescribeAlarms', 'ec2:DescribeInstances', 'ec2:DescribeNetworkInterfaces', ...traces],
  },
  RevokeSecurityGroups: {
    ...queries,
    ...readsMode,
    ...puts('incident#*, cut'),
    '*': [
      'ec2:DescribeInstances',
      'ec2:DescribeNetworkAcls',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroupRules',
      'ec2:DescribeSubnets',
      ...traces,
    ],
    [`${ec2}:instance/*`]: ['ec2:ModifyNetworkInterfaceAttribute'],
    [`${ec2}:network-acl/*`]: ['ec2:CreateNetworkAclEntry'],
    [`${ec2}:network-acl/*${ofFuse}`]: ['ec2:ReplaceNetworkAclAssociation'],
    [`${ec2}:subnet/*`]: ['ec2:ReplaceNetworkAclAssociation'],
    [`${ec2}:network-interface/*`]: ['ec2:ModifyNetworkInterfaceAttribute'],
    [`${ec2}:security-group/*${ofFuse}`]: ['ec2:ModifyNetworkInterfaceAttribute'],
    [`${ec2}:security-group/*`]: ['ec2:RevokeSecurityGroupEgress', 'ec2:RevokeSecurityGroupIngress'],
  },
  KillConnections: { ...runsOnHosts('KillConnections'), ...runs('KillConnectionsOnWindows') },
  StopService: runsOnHosts('StopService'),
  HoldTask: runsOnHosts('HoldTask'),
  KillSessions: runsOnHosts('KillSessions'),
  ResyncClock: runsOnHosts('ResyncClock'),
  ShedConnections: runsOnHosts('ShedConnections'),
  FailOver: {
    ...queries,
    ...readsMode,
    ...puts('incident#*, cut'),
    '*': ['ec2:DescribeInstances', 'ec2:DescribeNetworkInterfaces', ...traces],
  },
  HoldOpen: keepsAlive(),
  WatchTimeZones: {
    ...queries,
    ...puts('watch#time-zones'),
    ...runs('DetectTimeZones'),
    '<FuseBus> if StringEquals events:source': ['events:PutEvents'],
    '*': [
      'ec2:DescribeInstances',
      'ec2:DescribeNetworkInterfaces',
      'ssm:CancelCommand',
      'ssm:DescribeInstanceInformation',
      'ssm:ListCommandInvocations',
      ...traces,
    ],
    [`${ec2}:instance/*`]: ['ssm:SendCommand'],
  },
  ReviewsWatchReviews: {
    ...queries,
    ...readsMode,
    ...puts('reviews, review#*, rejected#*'),
    '*': ['ec2:DescribeInstances', 'ec2:DescribeNetworkInterfaces', ...traces],
    '<WorkflowsRespondStateMachine>': ['states:StartExecution'],
    '<WorkflowsRestoreStateMachine>': ['states:StartExecution'],
    '<DeadLettersQueue>': ['sqs:SendMessage'],
  },
  AskPerson: { ...puts('incident#*, question#*'), ...publishes, '*': traces },
  CloseIncident: { ...queries, ...puts('incident#*, server#*, rejected#*'), ...publishes, '*': traces },
  Restore: {
    ...queries,
    ...puts('incident#*, rejected#*, cut'),
    ...publishes,
    '<AuditTable> in cut': ['dynamodb:DeleteItem'],
    '*': [
      'ec2:DescribeNetworkAcls',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroupRules',
      'ssm:CancelCommand',
      'ssm:ListCommandInvocations',
      ...traces,
    ],
    [`${ec2}:instance/*`]: ['ec2:ModifyNetworkInterfaceAttribute', 'ssm:SendCommand'],
    [`${ec2}:network-acl/*`]: ['ec2:DeleteNetworkAclEntry', 'ec2:ReplaceNetworkAclAssociation'],
    [`${ec2}:network-interface/*`]: ['ec2:ModifyNetworkInterfaceAttribute'],
    [`${ec2}:security-group/*`]: [
      'ec2:AuthorizeSecurityGroupEgress',
      'ec2:AuthorizeSecurityGroupIngress',
      'ec2:ModifyNetworkInterfaceAttribute',
    ],
    [`${ec2}:subnet/*`]: ['ec2:ReplaceNetworkAclAssociation'],
    [`${ec2}:security-group-rule/*`]: ['ec2:AuthorizeSecurityGroupEgress', 'ec2:AuthorizeSecurityGroupIngress'],
    [`${ec2}:security-group-rule/*${atCreation}`]: ['ec2:CreateTags'],
    ...runs('ReleaseConnections'),
    ...runs('StartService'),
    ...runs('ReleaseTask'),
    ...runs('ReleaseTime'),
  },
};

describe('FuseFunctions', () => {
  it('makes one function a stem, each with a role of its own', () => {
    const functions = resourcesOf(template, 'AWS::Lambda::Function');
    const owners = functions.map(({ Properties }) => Properties.Role['Fn::GetAtt'][0]);

    expect(functions).toHaveLength(stems.length);
    expect(new Set(owners).size).toBe(stems.length);
    expect([...roles.keys()].sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.entries(expected))('allows %s exactly what it needs', (name, own) => {
    expect(allowedTo(name)).toEqual({ ...log(name), ...key, ...own });
  });

  it.each([
    ['revoke-security-groups', 'RevokeSecurityGroups'],
    ['kill-connections', 'KillConnections'],
  ] as const)('grants every call that the descriptor of %s names', (action, role) => {
    const named = actions[action]?.permissions;
    const granted = new Set(Object.values(allowedTo(role)).flat());
    const undoing = new Set(Object.values(allowedTo('Restore')).flat());

    const toCut = [...(named?.plan ?? []), ...(named?.apply ?? [])].flatMap((permission) => permission.actions);
    const toUndo = (named?.undo ?? []).flatMap((permission) => permission.actions);
    expect(toCut.filter((call) => !granted.has(call))).toEqual([]);
    expect(toUndo.filter((call) => !undoing.has(call))).toEqual([]);
  });

  it('pins each host document by the digest of what is deployed', () => {
    const contents = resourcesOf(template, 'AWS::SSM::Document').map(({ id, Properties }) => [id, Properties.Content]);
    const variables = resourcesOf(template, 'AWS::Lambda::Function').map(
      ({ Properties }) => Properties.Environment.Variables,
    );

    const digestOf = ({ Ref }: Json) => digestDocument(Object.fromEntries(contents)[Ref]);
    const own = variables.filter((each) => 'FUSE_DOCUMENT_NAME' in each);
    expect(own).toHaveLength(8);
    for (const each of own) expect(digestOf(each.FUSE_DOCUMENT_NAME)).toBe(each.FUSE_DOCUMENT_DIGEST);
    // The watch of time zones reads Linux hosts alone.
    const onBoth = own.filter((each) => 'FUSE_WINDOWS_DOCUMENT_NAME' in each);
    expect(onBoth).toHaveLength(7);
    for (const each of onBoth) {
      expect(digestOf(each.FUSE_WINDOWS_DOCUMENT_NAME)).toBe(each.FUSE_WINDOWS_DOCUMENT_DIGEST);
    }
    const undoing = JSON.stringify(variables.find((each) => 'FUSE_UNDO_DOCUMENTS' in each)?.FUSE_UNDO_DOCUMENTS);
    for (const [id, content] of contents.filter(([name]) => /(Release(Connections|Task)|StartService)$/.test(name))) {
      expect(undoing).toContain(id);
      expect(undoing).toContain(digestDocument(content));
    }
  });
});
