import * as z from 'zod/mini';

const VpcGroupsSchema = z.strictObject({
  quarantine: z.string(),
  sealed: z.string(),
  golden: z.record(z.string(), z.string()),
  acl: z.optional(z.string()),
});

/** JSON in a variable; broken JSON is a fault of the variable, not a crash. */
const json = z.transform((text: string, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.issues.push({ code: 'custom', message: 'must be JSON', input: text });
    return z.NEVER;
  }
});

export const RevokeSecurityGroupsEnvironmentSchema = z.object({
  FUSE_TABLE_NAME: z.string().check(z.minLength(1)),
  /** Groups made at deploy time, by VPC id. */
  FUSE_QUARANTINE: z.pipe(z.pipe(z.string(), json), z.record(z.string(), VpcGroupsSchema)),
});

export type RevokeSecurityGroupsEnvironment = z.infer<typeof RevokeSecurityGroupsEnvironmentSchema>;
