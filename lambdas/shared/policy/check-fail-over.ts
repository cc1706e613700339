import { isIPv4, isIPv6 } from 'node:net';
import type { FailOver } from './fail-over-schema.ts';
import { findDuplicates, type PolicyFault } from './policy-fault.ts';
import type { Policy } from './policy-schema.ts';

/** A declared fail-over, with the place where it stands. */
interface Declared {
  readonly path: string;
  readonly service: Policy['services'][number];
  readonly how: FailOver;
}

/** Faults of declared fail-overs that would show only in the moment when the business hangs on them. */
export function checkFailOver(policy: Policy): PolicyFault[] {
  const declared = policy.services.flatMap((service, index) =>
    service.failOver === undefined ? [] : [{ path: `services.${index}.failOver`, service, how: service.failOver }],
  );
  return [
    ...declared.flatMap(checkUse),
    ...declared.flatMap((one) => checkStandby(one, policy)),
    ...declared.flatMap(checkValues),
    ...Object.keys(fields).flatMap((by) => checkResources(declared.filter(({ how }) => how.by === by))),
  ];
}

/** Nobody would ever ask for it. */
function checkUse({ path, service }: Declared): PolicyFault[] {
  if (service.coreBusiness) return [];
  return [
    { path, rule: 'must stand at a service with coreBusiness: true, no other is failed over', value: service.name },
  ];
}

/** Servers that take over, by the place of each in the policy. */
function listStandby({ path, how }: Declared): { readonly id: string; readonly path: string }[] {
  switch (how.by) {
    case 'elastic-ip':
      return [{ id: how.standby, path: `${path}.standby` }];
    case 'target-group-members':
    case 'route53-record':
      return how.standby.map((id, index) => ({ id, path: `${path}.standby.${index}` }));
    case 'target-group-weights':
    case 'auto-scaling-standby':
    case 'rds-multi-az':
    case 'rds-cluster':
      return [];
    default:
      return how satisfies never;
  }
}

function checkStandby(declared: Declared, policy: Policy): PolicyFault[] {
  const standby = listStandby(declared);
  const twice = findDuplicates(
    standby,
    ({ id }) => id,
    (index) => standby[index]?.path ?? '',
  );
  const unfit = standby.flatMap(({ id, path }) => {
    const rule = whyNoStandby(id, declared.service, policy);
    return rule === null ? [] : [{ path, rule, value: id }];
  });
  return [...twice, ...unfit];
}

/** What would be known as primary, lifeline or another's server in that moment, and refused then. */
function whyNoStandby(id: string, { name, servers = [] }: Declared['service'], policy: Policy): string | null {
  if (servers.includes(id)) return `must not be one of the servers of "${name}" itself, which it takes over from`;
  const lifeline = policy.lifelines.find((each) => each.servers.ids?.includes(id));
  if (lifeline !== undefined) return `must not be a server of lifeline "${lifeline.name}"`;
  const listed = policy.services.find((each) => each.servers?.includes(id))?.name ?? policy.servers[id]?.service;
  return listed === undefined || listed === name ? null : `must not belong to another service, it is "${listed}"'s`;
}

const wantedValues = {
  A: { isOne: isIPv4, rule: 'must be an IPv4 address' },
  AAAA: { isOne: isIPv6, rule: 'must be an IPv6 address' },
  CNAME: { isOne: (value: string) => /[a-z]/i.test(value) && !value.includes(':'), rule: 'must be a host name' },
} as const;

function checkValues({ path, how }: Declared): PolicyFault[] {
  if (how.by !== 'route53-record') return [];
  const { isOne, rule } = wantedValues[how.type];
  const wrong = how.standbyValues.flatMap((value, index) =>
    isOne(value) ? [] : [{ path: `${path}.standbyValues.${index}`, rule, value }],
  );
  const { length } = how.standbyValues;
  const isTooMany = how.type === 'CNAME' && length > 1;
  return isTooMany ? [...wrong, { path: `${path}.standbyValues`, rule: 'must be one name', value: length }] : wrong;
}

/** The member of each mechanism that names its resource. */
const fields = {
  'target-group-weights': 'listener',
  'target-group-members': 'targetGroup',
  'elastic-ip': 'allocationId',
  'route53-record': 'name',
  'auto-scaling-standby': 'group',
  'rds-multi-az': 'instance',
  'rds-cluster': 'cluster',
} as const;

/** Two services that switch one resource would undo each other. */
function checkResources(declared: readonly Declared[]): PolicyFault[] {
  const paths = declared.map(({ path, how }) => `${path}.${fields[how.by]}`);
  return findDuplicates(
    declared,
    ({ how }) => nameResource(how),
    (index) => paths[index] ?? '',
  );
}

function nameResource(how: FailOver): string {
  if (how.by === 'route53-record') return `${how.hostedZoneId} ${how.name} ${how.type}`;
  return String((how as unknown as Readonly<Record<string, string>>)[fields[how.by]]);
}
