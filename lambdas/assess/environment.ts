import * as z from 'zod/mini';

/** The variables that `assess` reads. */
export const AssessEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  /** The account whose servers may be cut; findings of others are handed over. */
  FUSE_ACCOUNT_ID: z.string().check(z.regex(/^[0-9]{12}$/)),
});
