import * as z from 'zod/mini';

export const HandOverEnvironmentSchema = z.object({ FUSE_TABLE_NAME: z.string().check(z.minLength(1)) });

export type HandOverEnvironment = z.infer<typeof HandOverEnvironmentSchema>;
