import * as z from 'zod/mini';
import { LabSetupError } from '../services/setup-error.ts';
import type { Identity } from './physical-ids.ts';

/** A resource about to be deployed: its properties resolved, its identity known. */
export interface ResolvedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
}

/** A property the lab knows and that changes nothing in it, such as encryption or logging. */
export const inert = z.optional(z.unknown());

/** CloudFormation takes numbers and booleans as text as well. */
export const looseNumber = z.pipe(z.union([z.number(), z.string()]), z.coerce.number());
/** True and false, as JSON or as text. */
export const looseBoolean = z.pipe(
  z.union([z.boolean(), z.enum(['true', 'false'])]),
  z.transform((value) => value === true || value === 'true'),
);

/** `Tags` in the list form. */
export const tagsSchema = z.optional(z.array(z.strictObject({ Key: z.string(), Value: z.string() })));

/** Tags by key; a missing list is an empty record. */
export function toTagRecord(tags: z.output<typeof tagsSchema>): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value]));
}

/** Reads a resource's properties; one the lab does not know is an error, since it could change what is deployed. */
export function readProperties<Schema extends z.ZodMiniType>(
  schema: Schema,
  resource: ResolvedResource,
): z.output<Schema> {
  const parsed = schema.safeParse(resource.properties);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []).map(String).join('.');
  const reason =
    issue?.code === 'unrecognized_keys'
      ? `property '${issue.keys.join("', '")}' is not known to the lab`
      : issue?.message;
  throw new LabSetupError(
    `Could not deploy '${resource.logicalId}' (${resource.type}): ${path && `${path}: `}${reason ?? ''}`,
  );
}
