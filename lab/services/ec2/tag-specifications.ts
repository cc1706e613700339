import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { Tags } from './model.ts';

/** `Tag.n.Key` and `Tag.n.Value`; an absent value is the empty one. */
export const tagListSchema = z.array(z.strictObject({ Key: z.string(), Value: z.optional(z.string()) }));

/** `TagSpecification.n`: tags for what a call creates. */
export const tagSpecificationsSchema = z.optional(
  z.array(z.strictObject({ ResourceType: z.string(), Tag: z.optional(tagListSchema) })),
);

const maximumTags = 50;

/** Reads the tags for what a call creates; a specification for another type of resource is refused. */
export function readTagSpecifications(
  specifications: z.output<typeof tagSpecificationsSchema>,
  resourceType: string,
): Readonly<Record<string, string>> {
  const stray = specifications?.find((specification) => specification.ResourceType !== resourceType);
  if (stray !== undefined) {
    const message = `'${stray.ResourceType}' is not a valid taggable resource type for this operation.`;
    throw new ServiceError('InvalidParameterValue', message);
  }
  return toTags(
    (specifications ?? []).flatMap(({ Tag }) => Tag ?? []),
    new Map(),
  );
}

/** Checks tags as EC2 does, counting those a resource already has. */
export function toTags(
  list: z.output<typeof tagListSchema>,
  existing: Readonly<Tags>,
): Readonly<Record<string, string>> {
  const tags = Object.fromEntries(list.map(({ Key, Value }) => [Key, Value ?? '']));
  if (Object.keys(tags).length < list.length)
    throw invalid(`A tag key is given twice: '${list.map(({ Key }) => Key).join(', ')}'`);
  for (const [key, value] of Object.entries(tags)) {
    if (key.length === 0 || key.length > 128 || value.length > 256)
      throw invalid(`Tag '${key}' is too short or too long`);
    if (key.toLowerCase().startsWith('aws:'))
      throw invalid(`Tag keys starting with 'aws:' are reserved, received '${key}'`);
  }
  if (new Set([...existing.keys(), ...Object.keys(tags)]).size > maximumTags) {
    throw new ServiceError('TagLimitExceeded', `A resource may carry at most ${maximumTags} tags`);
  }
  return tags;
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
