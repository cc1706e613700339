import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { Operation } from '../wire/service.ts';
import type { XmlStructure } from '../wire/xml.ts';
import { filtersSchema, selectByFilters } from './filters.ts';
import type { FilterValues } from './filters.ts';
import { findInstance } from './find.ts';
import type { Ec2Model, Instance } from './model.ts';
import { defineRead } from './operation.ts';
import type { Ec2Desk } from './operation.ts';
import { cutPage, pageMembers, refuseSizeWithIds } from './pages.ts';
import { stateCodes } from './views.ts';

/** Status checks of instances, and what stands in a managed prefix list. */
export function defineStatusReads(desk: Ec2Desk): Readonly<Record<string, Operation>> {
  return {
    DescribeInstanceStatus: describeInstanceStatus(desk),
    GetManagedPrefixListEntries: getPrefixListEntries(desk),
  };
}

/** Unless all are asked for, instances that do not run are left out. */
function describeInstanceStatus({ model, pageLimit }: Ec2Desk): Operation {
  const shape = {
    InstanceId: z.optional(z.array(z.string())),
    Filter: filtersSchema,
    IncludeAllInstances: z.optional(z.enum(['true', 'false'])),
    ...pageMembers,
  };
  return defineRead(shape, (input) => {
    refuseSizeWithIds(input, input.InstanceId);
    const asked = input.InstanceId?.map((id) => findInstance(model, id)) ?? [...model.instances.values()];
    const shown = asked.filter(({ state }) => state === 'running' || input.IncludeAllInstances === 'true');
    const kept = selectByFilters(shown, input.Filter, statusFilters(model), ({ instanceId }) =>
      model.tagsOf(instanceId),
    );
    const page = cutPage(kept, input, pageLimit);
    return { instanceStatusSet: page.things.map((instance) => viewStatus(model, instance)), nextToken: page.nextToken };
  });
}

function statusFilters(model: Ec2Model): FilterValues<Instance> {
  return {
    'availability-zone': ({ subnetId }) => [model.zoneOf(subnetId)],
    'instance-state-name': ({ state }) => [state],
    'instance-status.status': (instance) => [toStatus(model, instance)],
    'system-status.status': (instance) => [toStatus(model, instance)],
  };
}

/** Both checks share one flag: the lab has no hardware beneath its instances. */
function toStatus(model: Ec2Model, { instanceId, state }: Instance): string {
  if (state !== 'running') return 'not-applicable';
  return model.impaired.has(instanceId) ? 'impaired' : 'ok';
}

function viewStatus(model: Ec2Model, instance: Instance): XmlStructure {
  const status = toStatus(model, instance);
  const check = {
    status,
    details:
      status === 'not-applicable'
        ? undefined
        : [{ name: 'reachability', status: status === 'ok' ? 'passed' : 'failed' }],
  };
  return {
    instanceId: instance.instanceId,
    availabilityZone: model.zoneOf(instance.subnetId),
    instanceState: { code: stateCodes[instance.state], name: instance.state },
    instanceStatus: check,
    systemStatus: check,
  };
}

const largestPage = 100;

function getPrefixListEntries({ model, pageLimit }: Ec2Desk): Operation {
  return defineRead(
    { PrefixListId: z.string(), TargetVersion: z.optional(z.literal('1')), ...pageMembers },
    (input) => {
      const cidrs = model.prefixLists.get(input.PrefixListId);
      if (cidrs === undefined) {
        throw new ServiceError(
          'InvalidPrefixListID.NotFound',
          `The prefix list ID '${input.PrefixListId}' does not exist`,
        );
      }
      const page = cutPage(cidrs, input, Math.min(pageLimit, largestPage));
      return { entrySet: page.things.map((cidr) => ({ cidr })), nextToken: page.nextToken };
    },
  );
}
