import * as z from 'zod/mini';

export const WatchTimeZonesEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  FUSE_BUS_NAME: z.string().check(z.minLength(1)),
  FUSE_DOCUMENT_NAME: z.string().check(z.minLength(1)),
  /** Digest of the content the document must have, see document-digest.ts. */
  FUSE_DOCUMENT_DIGEST: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});

export type WatchTimeZonesEnvironment = z.infer<typeof WatchTimeZonesEnvironmentSchema>;
