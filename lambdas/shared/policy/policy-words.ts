import * as z from 'zod/mini';
import { profiles } from '../contracts/incident.ts';
import { ServerIdSchema } from '../contracts/signal.ts';

/** Names of entries, in the form of a DNS label. */
export const NameSchema = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,47}$/));
/** Shape only; `checkPolicy` says why one is no range that can be cut or spared. */
export const CidrSchema = z.string().check(z.regex(/^[0-9A-Fa-f.:]{2,45}\/[0-9]{1,3}$/));
export const PortSchema = z.int().check(z.minimum(1), z.maximum(65_535));
export const PercentSchema = z.int().check(z.minimum(1), z.maximum(100));
/** Up to a week. */
export const MinutesSchema = z.int().check(z.minimum(1), z.maximum(10_080));

/** Which servers an entry is about. Every given field must match (AND); at least one must be given. */
export const SelectorSchema = z.strictObject({
  ids: z.optional(z.array(ServerIdSchema).check(z.minLength(1))),
  service: z.optional(NameSchema),
  profile: z.optional(z.enum(profiles)),
  tag: z.optional(z.strictObject({ key: z.string().check(z.minLength(1)), value: z.string() })),
});
export type Selector = z.infer<typeof SelectorSchema>;
