import * as z from 'zod/mini';

export const RestoreEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  FUSE_BUS_NAME: z.string().check(z.minLength(1)),
  FUSE_RELEASE_DOCUMENT_NAME: z.string().check(z.minLength(1)),
  /** Digest of the content the document must have, see shared/document-digest.ts. */
  FUSE_RELEASE_DOCUMENT_DIGEST: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});

export type RestoreEnvironment = z.infer<typeof RestoreEnvironmentSchema>;
