import { describe, expect, it } from 'vitest';
import type { Signal } from '../../../../lambdas/shared/contracts/signal.ts';
import { parseEvent } from '../../../../lambdas/shared/signals/parse-event.ts';
import { buildFinding, findingOf, readFixture, withPascalDetail, withValue } from '../../../builders/events.ts';

function signalOf(event: unknown): Signal {
  const parsed = parseEvent(event);
  if (parsed.kind !== 'signal') throw new Error(`Expected a signal, got ignored: ${parsed.reason}`);
  return parsed.signal;
}

describe('parseEvent of a GuardDuty finding', () => {
  it('reads every fact of a network connection finding', () => {
    expect(signalOf(readFixture('guardduty-command-and-control'))).toEqual({
      source: 'guardduty',
      kind: 'command-and-control',
      identity: 'guardduty:123456789012:us-east-1:aa00000000000000000000000000c2c2',
      name: 'Backdoor:EC2/C&CActivity.B',
      accountId: '123456789012',
      region: 'us-east-1',
      servers: ['i-0b0c0d0e0f00000a1'],
      resource: null,
      childAlarms: [],
      remoteAddresses: ['203.0.113.40'],
      localPorts: [50_123],
      role: 'unknown',
      severity: 8,
      measure: null,
      occurredAt: '2026-05-06T07:05:30.000Z',
      requestedBy: null,
      reason: null,
    });
  });

  it('reads all probed ports and probing addresses', () => {
    expect(signalOf(readFixture('guardduty-port-probe'))).toMatchObject({
      kind: 'port-probe',
      remoteAddresses: ['198.51.100.80', '198.51.100.81'],
      localPorts: [3389, 22],
    });
  });

  it('takes the compromised instances of an attack sequence, never all nodes of a cluster', () => {
    expect(signalOf(readFixture('guardduty-attack-sequence'))).toMatchObject({
      kind: 'ransomware',
      servers: ['i-0b0c0d0e0f00000b1', 'i-0b0c0d0e0f00000b2', 'i-0b0c0d0e0f00000b3'],
      remoteAddresses: ['203.0.113.41'],
      resource: null,
    });
  });

  it('calls an attack sequence without instances a threat to the account', () => {
    const event = withValue(readFixture('guardduty-attack-sequence'), 'detail.service.detection', undefined);

    expect(signalOf(event)).toMatchObject({ kind: 'account-threat', servers: [], resource: 'AttackSequence' });
  });

  it.each([
    'guardduty-command-and-control',
    'guardduty-malicious-file',
    'guardduty-brute-force',
    'guardduty-port-probe',
    'guardduty-attack-sequence',
  ])('reads %s alike in camelCase and PascalCase, with and without envelope', (name) => {
    const event = readFixture(name);
    const pascal = withPascalDetail(event);
    const expected = signalOf(event);

    expect(signalOf(pascal)).toEqual(expected);
    expect(signalOf(findingOf(event))).toEqual(expected);
    expect(signalOf(findingOf(pascal))).toEqual(expected);
  });

  it('lets the camelCase form win where both stand', () => {
    const event = readFixture('guardduty-command-and-control');
    const both = { ...event, detail: { Severity: 2, ...findingOf(event), Id: 'another' } };

    expect(signalOf(both)).toEqual(signalOf(event));
  });

  it('keeps the identity when GuardDuty updates the finding', () => {
    const first = readFixture('guardduty-command-and-control');
    const later = withValue(first, 'detail.updatedAt', '2026-05-06T13:07:00.250Z');

    expect(signalOf(later).identity).toBe(signalOf(first).identity);
  });

  it.each([
    ['resource.instanceDetails.launchTime', 1_769_925_600_000],
    ['resource.instanceDetails.launchTime', undefined],
    ['service.action.networkConnectionAction.remoteIpDetails.organization.asn', 64_510],
    ['service.action.networkConnectionAction.remoteIpDetails.country', undefined],
    ['service.evidence', null],
    ['service.additionalInfo', undefined],
    ['service.additionalInfo', { type: 'default', value: 'no json' }],
    ['service.additionalInfo', { type: 'default', value: '{"sample":false}' }],
    ['service.eventLastSeen', '2026-05-06 07:05:30.000000000'],
    ['service.archived', null],
    ['resource.instanceDetails.networkInterfaces', null],
  ])('is lenient about %s = %j', (path, value) => {
    const event = readFixture('guardduty-command-and-control');

    expect(signalOf(withValue(event, `detail.${path}`, value))).toEqual(signalOf(event));
  });

  it.each([
    ['id', undefined, 'id: must be string, got nothing'],
    ['type', '', 'type: must be at least 1, got ""'],
    ['severity', '8', 'severity: must be number, got "8"'],
    ['severity', 11, 'severity: must be at most 10, got 11'],
    ['accountId', undefined, 'accountId: must be string, got nothing'],
    ['resource', undefined, 'resource: must be object, got nothing'],
    ['resource.resourceType', undefined, 'resource.resourceType: must be string, got nothing'],
    [
      'resource.instanceDetails',
      undefined,
      'resource.instanceDetails.instanceId: must be an instance id "i-…", got nothing',
    ],
    [
      'resource.instanceDetails.instanceId',
      'mi-1',
      'resource.instanceDetails.instanceId: must be an instance id "i-…", got "mi-1"',
    ],
    ['service.archived', 'no', 'service.archived: must be boolean, got "no"'],
    [
      'service.action.networkConnectionAction.remoteIpDetails.ipAddressV4',
      'nowhere',
      'remoteIpDetails: must be an IP address, got "nowhere"',
    ],
  ])('refuses %s = %j', (path, value, message) => {
    const event = withValue(readFixture('guardduty-command-and-control'), `detail.${path}`, value);

    expect(() => parseEvent(event)).toThrow(message);
    expect(() => parseEvent(event)).toThrow(expect.objectContaining({ name: 'SignalRejectedError' }));
  });

  it('refuses an attack sequence whose instance cannot be named', () => {
    const uid = 'detail.service.detection.sequence.resources.0.uid';
    const event = withValue(
      withValue(readFixture('guardduty-attack-sequence'), uid, 'arn:x'),
      uid.replace('uid', 'name'),
      'x',
    );

    expect(() => parseEvent(event)).toThrow('resources.0.uid: must end in an instance id "i-…", got "arn:x"');
  });

  it.each([
    'RDSDBInstance',
    'S3Bucket',
    'EKSCluster',
    'ECSCluster',
    'Lambda',
    'AccessKey',
    'EBSSnapshot',
    'SomethingNew',
  ])('names no server for a resource of type %s, even when instance details stand beside it', (resourceType) => {
    const event = buildFinding('UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS', 8, {
      'resource.resourceType': resourceType,
    });

    expect(signalOf(event)).toMatchObject({ kind: 'account-threat', servers: [], resource: resourceType });
  });

  it.each(['Snapshot', 'AMI', 'RecoveryPoint'])('names no server for malware in a backup (%s)', (backup) => {
    expect(signalOf(buildFinding(`Execution:EC2/MaliciousFile!${backup}`))).toMatchObject({
      kind: 'account-threat',
      servers: [],
    });
  });

  it.each([
    ['UnauthorizedAccess:EC2/SSHBruteForce', 'TARGET', 'brute-force', 'target'],
    ['UnauthorizedAccess:EC2/RDPBruteForce', 'ACTOR', 'brute-force', 'actor'],
    ['Impact:EC2/WinRMBruteForce', 'TARGET', 'brute-force', 'target'],
    ['Impact:EC2/WinRMBruteForce', 'ACTOR', 'lateral-movement', 'actor'],
    ['UnauthorizedAccess:EC2/SSHBruteForce', undefined, 'brute-force', 'unknown'],
    ['Backdoor:EC2/C&CActivity.B', 'TARGET', 'command-and-control', 'unknown'],
  ] as const)('reads the role of %s %s', (type, resourceRole, kind, role) => {
    const event = buildFinding(type, 5, { 'service.resourceRole': resourceRole });

    expect(signalOf(event)).toMatchObject({ kind, role });
  });
});
