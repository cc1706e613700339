import { findDuplicates, type PolicyFault } from './policy-fault.ts';
import type { Policy } from './policy-schema.ts';

/** Services that are named but not defined, and servers that are said to belong to two services. */
export function checkReferences(policy: Policy): PolicyFault[] {
  return [...checkServiceNames(policy), ...checkServiceServers(policy)];
}

function checkServiceNames(policy: Policy): PolicyFault[] {
  const defined = new Set(policy.services.map(({ name }) => name));
  const selectors = (['lifelines', 'goldenChannels', 'exceptions'] as const).flatMap((list) =>
    policy[list].map(({ servers }, index) => ({ path: `${list}.${index}.servers.service`, service: servers.service })),
  );
  const servers = Object.entries(policy.servers).map(([id, { service }]) => ({
    path: `servers.${id}.service`,
    service,
  }));
  return [...selectors, ...servers].flatMap(({ path, service }) =>
    service === undefined || defined.has(service)
      ? []
      : [{ path, rule: 'must be a service that is defined under services', value: service }],
  );
}

function checkServiceServers(policy: Policy): PolicyFault[] {
  const listed = policy.services.flatMap(({ name, servers = [] }, index) =>
    servers.map((id, place) => ({ id, name, path: `services.${index}.servers.${place}` })),
  );
  const twice = findDuplicates(
    listed,
    ({ id }) => id,
    (index) => listed[index]?.path ?? '',
  );
  const conflicts = listed.flatMap(({ id, name, path }) => {
    const other = policy.servers[id]?.service;
    return other === undefined || other === name
      ? []
      : [{ path, rule: `must agree with servers.${id}.service, which says "${other}"`, value: name }];
  });
  return [...twice, ...conflicts];
}
