import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../../../lambdas/shared/signals/parse-event.ts';
import { buildFinding, withPascalDetail } from '../../../builders/events.ts';

const type = 'Backdoor:EC2/C&CActivity.B';

describe('samples of GuardDuty', () => {
  it.each([
    ['a flag', { 'service.additionalInfo': { sample: true } }],
    ['a flag as text', { 'service.additionalInfo': { sample: 'true' } }],
    ['a flag inside JSON text', { 'service.additionalInfo': { type: 'default', value: '{"sample":true}' } }],
    ['a flag inside an object', { 'service.additionalInfo': { type: 'default', value: { sample: true } } }],
    ['a generated subnet', { 'resource.instanceDetails.networkInterfaces.0.subnetId': 'GeneratedFindingSubnetId' }],
    ['a generated zone', { 'resource.instanceDetails.availabilityZone': 'GeneratedFindingInstaceAvailabilityZone' }],
    ['a generated bucket owner', { 'resource.accessKeyDetails.principalId': 'GeneratedFindingPrincipalId' }],
  ])('are ignored by %s', (_sign, changes) => {
    const event = buildFinding(type, 8, changes);

    expect(parseEvent(event)).toMatchObject({ kind: 'ignored', name: type });
    expect(parseEvent(withPascalDetail(event))).toMatchObject({ kind: 'ignored', name: type });
  });

  it('are ignored by the type of the console sample', () => {
    expect(parseEvent(buildFinding('Canary:EC2/Stateless.IntegTest'))).toEqual({
      kind: 'ignored',
      name: 'Canary:EC2/Stateless.IntegTest',
      reason: 'Sample finding: Its type is "Canary:…"',
    });
  });

  it('are ignored before anything else about them is checked', () => {
    const event = buildFinding(type, 8, {
      'service.additionalInfo': { sample: true },
      id: undefined,
      resource: undefined,
    });

    expect(parseEvent(event)).toMatchObject({ kind: 'ignored' });
  });

  it.each([
    ['a tag', { 'resource.instanceDetails.tags': [{ key: 'Name', value: 'GeneratedFindingInstaceValue1' }] }],
    ['a tag named like a checked key', { 'resource.instanceDetails.tags': [{ vpcId: 'GeneratedFindingVPCId' }] }],
    ['a process name', { 'service.runtimeDetails': { process: { name: 'GeneratedFindingProcess' } } }],
    ['a domain', { 'service.action.dnsRequestAction': { domain: 'GeneratedFindingDomainName' } }],
  ])('cannot be feigned by %s that the holder of a server chooses', (_place, changes) => {
    expect(parseEvent(buildFinding(type, 8, changes))).toMatchObject({ kind: 'signal' });
  });

  it('are told apart from archived findings', () => {
    const archived = buildFinding(type, 8, { 'service.archived': true });

    expect(parseEvent(archived)).toEqual({ kind: 'ignored', name: type, reason: 'Archived finding' });
  });
});
