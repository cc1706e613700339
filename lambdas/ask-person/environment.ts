import * as z from 'zod/mini';

export const AskPersonEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  FUSE_BUS_NAME: z.string().check(z.minLength(1)),
});

export type AskPersonEnvironment = z.infer<typeof AskPersonEnvironmentSchema>;
