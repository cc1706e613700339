import * as z from 'zod/mini';
import { CidrSchema, NameSchema } from './policy-words.ts';

/**
 * What lies beyond a legal border. A compliance review locks it for the servers in its scope: no data may leave for
 * these peers until the review is closed.
 */
export const BorderSchema = z.strictObject({
  name: NameSchema,
  cidrs: z._default(z.array(CidrSchema).check(z.maxLength(100)), []),
  /** Managed prefix lists; their entries are read when the border is locked, and again while it stays so. */
  prefixLists: z._default(z.array(z.string().check(z.regex(/^pl-[0-9a-f]{8,17}$/))).check(z.maxLength(10)), []),
  /** Countries by ISO 3166-1 alpha-2: a finding that names one of them locks its remote address. */
  countries: z._default(z.array(z.string().check(z.regex(/^[A-Z]{2}$/))).check(z.maxLength(250)), []),
});
export type Border = z.infer<typeof BorderSchema>;
