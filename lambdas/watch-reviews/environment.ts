import * as z from 'zod/mini';

/** The variables that `watch-reviews` reads. */
export const WatchReviewsEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  FUSE_ACCOUNT_ID: z.string().check(z.regex(/^[0-9]{12}$/)),
  /** The flowchart, which locks. */
  FUSE_RESPOND_ARN: z.string().check(z.minLength(1)),
  /** The way back, which unlocks. */
  FUSE_RESTORE_ARN: z.string().check(z.minLength(1)),
});
