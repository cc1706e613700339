import * as z from 'zod/mini';

export const KillConnectionsEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  FUSE_KILL_DOCUMENT_NAME: z.string().check(z.minLength(1)),
  /** Digest of the content the document must have, see shared/document-digest.ts. */
  FUSE_KILL_DOCUMENT_DIGEST: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});

export type KillConnectionsEnvironment = z.infer<typeof KillConnectionsEnvironmentSchema>;
