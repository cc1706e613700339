import { describe, expect, it } from 'vitest';
import { planInterfaces } from '../../../../../lambdas/shared/actions/revoke-security-groups/plan-interfaces.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { buildPolicy } from '../../../../builders/policy.ts';

const context = { incident: buildIncident(), cohort: buildCohort({ servers: ['i-a'] }), policy: buildPolicy() };
const quarantine = { 'vpc-a': { quarantine: 'sg-quarantine', sealed: 'sg-sealed', golden: {} } };

const interfaceOf = (NetworkInterfaceId: string) => ({
  NetworkInterfaceId,
  VpcId: 'vpc-a',
  Groups: [{ GroupId: 'sg-web' }],
  Attachment: { InstanceId: 'i-a', DeviceIndex: 0 },
});

describe('planInterfaces', () => {
  // "Verified" would be a lie: what AWS manages cannot be moved, and stays open.
  it.each([
    ['an AWS service made', { RequesterManaged: true }],
    ['an AWS service operates', { Operator: { Managed: true, Principal: 'eks.amazonaws.com' } }],
  ])('is unable to cut an interface that %s, and moves the others', (_, managed) => {
    const plan = planInterfaces(
      [interfaceOf('eni-own'), { ...interfaceOf('eni-managed'), ...managed }],
      [],
      quarantine,
      context,
    );

    expect(plan.changes.map(({ target }) => target)).toEqual(['eni-own']);
    expect(plan.unable).toEqual([
      { target: 'eni-managed', reason: 'Interface is managed by an AWS service and cannot be changed' },
    ]);
  });

  it('names a server of which no interface can be moved once', () => {
    const plan = planInterfaces([{ ...interfaceOf('eni-managed'), RequesterManaged: true }], [], quarantine, context);

    expect(plan.changes).toEqual([]);
    expect(plan.unable.map(({ target }) => target)).toEqual(['eni-managed']);
  });
});
