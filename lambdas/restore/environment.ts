import * as z from 'zod/mini';

export const RestoreEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  FUSE_BUS_NAME: z.string().check(z.minLength(1)),
  /** JSON: the documents that undo host work, by action; see shared/host-environment.ts. */
  FUSE_UNDO_DOCUMENTS: z.string().check(z.minLength(2)),
});

export type RestoreEnvironment = z.infer<typeof RestoreEnvironmentSchema>;
