import * as z from 'zod/mini';

export const FailOverEnvironmentSchema = z.object({ FUSE_TABLE_NAME: z.string().check(z.minLength(1)) });

export type FailOverEnvironment = z.infer<typeof FailOverEnvironmentSchema>;
