import * as z from 'zod/mini';

export const CloseIncidentEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  FUSE_BUS_NAME: z.string().check(z.minLength(1)),
});

export type CloseIncidentEnvironment = z.infer<typeof CloseIncidentEnvironmentSchema>;
