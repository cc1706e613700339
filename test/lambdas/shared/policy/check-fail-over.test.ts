import { describe, expect, it } from 'vitest';
import { checkFailOver } from '../../../../lambdas/shared/policy/check-fail-over.ts';
import { parsePolicy } from '../../../../lambdas/shared/policy/parse-policy.ts';
import { PolicySchema, type Policy } from '../../../../lambdas/shared/policy/policy-schema.ts';
import { means, primary, standby } from '../../../builders/fail-over-means.ts';

/** A policy of valid shape; whether it holds is what the test asks. */
function build(failOvers: readonly object[], over: object = {}, ofFirst: object = {}): Policy {
  const services = failOvers.map((failOver, index) => ({
    name: `service-${index}`,
    coreBusiness: true,
    failOver,
    ...(index === 0 && ofFirst),
  }));
  return PolicySchema.parse({ version: 1, services, ...over });
}

const members = means['target-group-members'];
const record = means['route53-record'];

describe('checkFailOver', () => {
  it('takes every mechanism, each on its own service', () => {
    expect(checkFailOver(build(Object.values(means)))).toEqual([]);
  });

  it.each([
    ['is one of its own servers', {}, { servers: [standby] }, /must not be one of the servers of "service-0" itself/],
    [
      'is a lifeline',
      { lifelines: [{ name: 'link', kind: 'clearing', servers: { ids: [standby] } }] },
      {},
      /lifeline "link"/,
    ],
    ['belongs to another service', { servers: { [standby]: { service: 'shop' } } }, {}, /it is "shop"'s/],
  ])('refuses a standby that %s, with path, rule and value', (_case, over, ofFirst, rule) => {
    const faults = checkFailOver(build([members], over, ofFirst));

    expect(faults).toEqual([
      { path: 'services.0.failOver.standby.0', rule: expect.stringMatching(rule) as string, value: standby },
    ]);
  });

  it('takes a standby that is its own by tag or entry', () => {
    expect(checkFailOver(build([members], { servers: { [standby]: { service: 'service-0' } } }))).toEqual([]);
  });

  it('refuses a standby that is named twice', () => {
    const faults = checkFailOver(build([{ ...members, standby: [standby, primary, standby] }]));

    expect(faults).toEqual([
      { path: 'services.0.failOver.standby.2', rule: 'must differ from services.0.failOver.standby.0', value: standby },
    ]);
  });

  it.each([
    ['target-group-weights', 'listener'],
    ['target-group-members', 'targetGroup'],
    ['elastic-ip', 'allocationId'],
    ['route53-record', 'name'],
    ['auto-scaling-standby', 'group'],
    ['rds-multi-az', 'instance'],
    ['rds-cluster', 'cluster'],
  ] as const)('refuses one resource of %s at two services', (by, field) => {
    const faults = checkFailOver(build([means[by], means[by]]));

    expect(faults).toMatchObject([
      { path: `services.1.failOver.${field}`, rule: `must differ from services.0.failOver.${field}` },
    ]);
  });

  it.each([
    ['A', ['2001:db8::1'], 'standbyValues.0', 'must be an IPv4 address'],
    ['AAAA', ['10.0.0.1'], 'standbyValues.0', 'must be an IPv6 address'],
    ['CNAME', ['10.0.0.1'], 'standbyValues.0', 'must be a host name'],
    ['CNAME', ['a.example.com', 'b.example.com'], 'standbyValues', 'must be one name'],
  ])('refuses values of another kind than %s', (type, standbyValues, field, rule) => {
    const faults = checkFailOver(build([{ ...record, type, standbyValues }]));

    expect(faults).toMatchObject([{ path: `services.0.failOver.${field}`, rule }]);
  });

  it('refuses it where it would never be used', () => {
    expect(checkFailOver(build([members], {}, { coreBusiness: false }))).toMatchObject([
      { path: 'services.0.failOver', value: 'service-0' },
    ]);
  });

  it('stops the policy as a whole', () => {
    const services = [{ name: 'orders', coreBusiness: true, servers: [standby], failOver: members }];

    expect(() => parsePolicy({ version: 1, services })).toThrow(/services.0.failOver.standby.0: must not be one of/);
  });
});
