import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { Operation } from '../wire/service.ts';
import { findAddress, findGroup, findInstance, findInterface, findNetworkAcl, findRule, findSubnet } from './find.ts';
import type { Ec2Model } from './model.ts';
import { defineChange } from './operation.ts';
import type { Ec2Desk } from './operation.ts';
import { tagListSchema, toTags } from './tag-specifications.ts';

/** Adds or overwrites tags on resources of any kind the lab has. */
export function createTags(desk: Ec2Desk): Operation {
  const { model } = desk;
  return defineChange(desk, { ResourceId: z.array(z.string()), Tag: tagListSchema }, (input) => {
    const changes = input.ResourceId.map((resourceId) => {
      checkResource(model, resourceId);
      return { resourceId, tags: toTags(input.Tag, model.tagsOf(resourceId)) };
    });
    return () => {
      for (const { resourceId, tags } of changes) model.setTags(resourceId, tags);
      return { return: true };
    };
  });
}

/** Takes tags away: all without a list, those of a key, or those of a key with exactly the given value. */
export function deleteTags(desk: Ec2Desk): Operation {
  const { model } = desk;
  return defineChange(desk, { ResourceId: z.array(z.string()), Tag: z.optional(tagListSchema) }, (input) => {
    for (const resourceId of input.ResourceId) checkResource(model, resourceId);
    return () => {
      for (const resourceId of input.ResourceId) {
        const tags = model.tagsOf(resourceId);
        if (input.Tag === undefined) tags.clear();
        for (const { Key, Value } of input.Tag ?? [])
          if (Value === undefined || tags.get(Key) === Value) tags.delete(Key);
      }
      return { return: true };
    };
  });
}

/** The prefix of an id tells its kind, as on AWS. */
function checkResource(model: Ec2Model, resourceId: string): void {
  const prefix = resourceId.slice(0, resourceId.lastIndexOf('-'));
  if (prefix === 'i') findInstance(model, resourceId);
  else if (prefix === 'eni') findInterface(model, resourceId);
  else if (prefix === 'sg') findGroup(model, resourceId);
  else if (prefix === 'sgr') findRule(model, resourceId);
  else if (prefix === 'subnet') findSubnet(model, resourceId);
  else if (prefix === 'acl') findNetworkAcl(model, resourceId);
  else if (prefix === 'eipalloc') findAddress(model, resourceId);
  else if (!model.vpcs.has(resourceId)) throw new ServiceError('InvalidID', `The ID '${resourceId}' is not valid`);
}
