import * as z from 'zod/mini';
import { ServiceError, refuseUnsupported } from '../wire/service-error.ts';
import type { Operation } from '../wire/service.ts';
import { findGroup, findInterface } from './find.ts';
import type { Ec2Model, NetworkInterface } from './model.ts';
import { defineChange } from './operation.ts';
import type { Ec2Desk } from './operation.ts';

const operation = 'ModifyNetworkInterfaceAttribute';

/** The attributes EC2 knows; the lab changes groups only, the others are named so that two at once are refused rightly. */
const otherAttributes = {
  Attachment: z.optional(z.unknown()),
  Description: z.optional(z.unknown()),
  SourceDestCheck: z.optional(z.unknown()),
  ConnectionTrackingSpecification: z.optional(z.unknown()),
  EnaSrdSpecification: z.optional(z.unknown()),
  EnablePrimaryIpv6: z.optional(z.unknown()),
  AssociatePublicIpAddress: z.optional(z.unknown()),
  AssociatedSubnetId: z.optional(z.unknown()),
};

/** Default quota of security groups per interface. */
const maximumGroups = 5;

/** Replaces the security groups of one network interface. */
export function modifyNetworkInterfaceAttribute(desk: Ec2Desk): Operation {
  const { model } = desk;
  const shape = {
    NetworkInterfaceId: z.string(),
    SecurityGroupId: z.optional(z.array(z.string())),
    ...otherAttributes,
  };
  return defineChange(desk, shape, (input) => {
    const groupIds = pickGroups(input);
    const card = findInterface(model, input.NetworkInterfaceId);
    if (card.requesterManaged) {
      throw new ServiceError(
        'OperationNotPermitted',
        `The interface '${card.networkInterfaceId}' is managed by its requester`,
      );
    }
    checkGroups(model, card, groupIds);
    return () => {
      card.groupIds = groupIds;
      return { return: true };
    };
  });
}

/** Exactly one attribute, and of those only the groups. */
function pickGroups(
  input: Readonly<Record<string, unknown>> & { readonly SecurityGroupId?: readonly string[] },
): readonly string[] {
  const others = Object.keys(otherAttributes).filter((name) => input[name] !== undefined);
  const given = [...others, ...(input.SecurityGroupId === undefined ? [] : ['Groups'])];
  if (given.length > 1) {
    throw new ServiceError(
      'InvalidParameterCombination',
      `Fields for multiple attribute types specified: ${given.join(', ')}`,
    );
  }
  if (others[0] !== undefined) refuseUnsupported('EC2', operation, `parameter '${others[0]}'`);
  if (input.SecurityGroupId !== undefined) return input.SecurityGroupId;
  throw new ServiceError('MissingParameter', 'The request must contain exactly one attribute, for example Groups');
}

/** All groups are known, of the interface's VPC, named once and within the quota. */
function checkGroups(model: Ec2Model, card: NetworkInterface, groupIds: readonly string[]): void {
  const groups = groupIds.map((groupId) => findGroup(model, groupId));
  if (groups.some(({ vpcId }) => vpcId !== card.vpcId)) {
    throw new ServiceError(
      'InvalidGroup.NotFound',
      'You have specified two resources that belong to different networks.',
    );
  }
  if (new Set(groupIds).size < groupIds.length) {
    throw new ServiceError('InvalidParameterValue', `A security group is named twice: '${groupIds.join(', ')}'`);
  }
  if (groupIds.length > maximumGroups) {
    const message = `The maximum number of security groups per interface is ${maximumGroups}, received '${groupIds.length}'`;
    throw new ServiceError('SecurityGroupsPerInterfaceLimitExceeded', message);
  }
}
