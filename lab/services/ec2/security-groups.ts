import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { Operation } from '../wire/service.ts';
import { findGroup } from './find.ts';
import type { Ec2Model, SecurityGroup } from './model.ts';
import { defineChange } from './operation.ts';
import type { Ec2Desk } from './operation.ts';
import { seedSecurityGroup } from './seed.ts';
import { readTagSpecifications, tagSpecificationsSchema } from './tag-specifications.ts';
import { viewTags } from './views.ts';

/** Characters EC2 takes in a name and a description of a group in a VPC. */
const namePattern = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/;

/** Creates an empty group, from which, as on AWS, everything may leave. */
export function createSecurityGroup(desk: Ec2Desk): Operation {
  const { model } = desk;
  const shape = {
    GroupName: z.string(),
    GroupDescription: z.string(),
    VpcId: z.string(),
    TagSpecification: tagSpecificationsSchema,
  };
  return defineChange(desk, shape, (input) => {
    checkNewGroup(model, input);
    const tags = readTagSpecifications(input.TagSpecification, 'security-group');
    return () => {
      const { GroupName: groupName, GroupDescription: description, VpcId: vpcId } = input;
      const groupId = seedSecurityGroup(model, { groupName, description, vpcId, tags });
      return {
        return: true,
        groupId,
        tagSet: viewTags(model, groupId),
        securityGroupArn: `arn:aws:ec2:${model.region}:${model.accountId}:security-group/${groupId}`,
      };
    };
  });
}

/** What a new group must not be: nameless, doubled, or in a VPC that does not exist. */
function checkNewGroup(
  model: Ec2Model,
  input: { readonly GroupName: string; readonly GroupDescription: string; readonly VpcId: string },
): void {
  const { GroupName: name, GroupDescription: description, VpcId: vpcId } = input;
  if (!model.vpcs.has(vpcId)) throw new ServiceError('InvalidVpcID.NotFound', `The vpc ID '${vpcId}' does not exist`);
  if (!namePattern.test(name) || !namePattern.test(description) || name.startsWith('sg-')) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Value (${name}: ${description}) is invalid for a name or description`,
    );
  }
  const isTaken = [...model.securityGroups.values()].some((group) => group.vpcId === vpcId && group.groupName === name);
  if (!isTaken) return;
  throw new ServiceError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpcId}'`);
}

/** Deletes a group that no interface and no rule of another group uses. */
export function deleteSecurityGroup(desk: Ec2Desk): Operation {
  const { model } = desk;
  return defineChange(desk, { GroupId: z.string() }, (input) => {
    const group = findGroup(model, input.GroupId);
    if (group.groupName === 'default') {
      throw new ServiceError(
        'CannotDelete',
        `the specified group: "${group.groupId}" name: "default" cannot be deleted by a user`,
      );
    }
    if (isInUse(model, group)) {
      throw new ServiceError('DependencyViolation', `resource ${group.groupId} has a dependent object`);
    }
    return () => {
      for (const ruleId of group.rules.keys()) model.tags.delete(ruleId);
      model.securityGroups.delete(group.groupId);
      model.tags.delete(group.groupId);
      return { return: true, groupId: group.groupId };
    };
  });
}

/** A group is held by the interfaces that wear it and by rules of other groups that refer to it. */
function isInUse(model: Ec2Model, { groupId }: SecurityGroup): boolean {
  const isWorn = [...model.networkInterfaces.values()].some(({ groupIds }) => groupIds.includes(groupId));
  const isReferenced = [...model.securityGroups.values()]
    .filter((group) => group.groupId !== groupId)
    .some(({ rules }) => [...rules.values()].some(({ peer }) => peer.kind === 'group' && peer.groupId === groupId));
  return isWorn || isReferenced;
}
