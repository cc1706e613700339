import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod/mini';
import { parseWith } from '../lambdas/shared/contracts/parse.ts';
import { FuseError } from '../lambdas/shared/errors.ts';
import { loadPolicy } from '../lambdas/shared/policy/load-policy.ts';
import type { Policy } from '../lambdas/shared/policy/policy-schema.ts';

/** The deployment config does not hold: path, rule and value are in the message. Nothing is synthesised under it. */
export class ConfigInvalidError extends FuseError {
  override readonly name = 'ConfigInvalidError';
}

/** The retention times that CloudWatch Logs offers, in days. */
const retentionChoices = [
  30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const VpcSchema = z.strictObject({
  /** A VPC whose servers the fuse may cut from the network. It gets the quarantine groups. */
  vpcId: z.string().check(z.regex(/^vpc-[0-9a-f]{8,17}$/)),
});

const AccountSchema = z.strictObject({
  /** Twelve digits, in quotes. Left out: wherever the credentials of the deploy point to. */
  account: z.optional(z.string().check(z.regex(/^[0-9]{12}$/))),
  /** Left out: the region of the deploy. The machines' service ARNs are those of partition `aws`: no China, no GovCloud. */
  region: z.optional(z.string().check(z.regex(/^(?!cn-|us-gov-|us-iso)[a-z]{2}(-[a-z]+)+-[0-9]$/))),
  /** Default: none, so no server can be cut from the network there; synth warns. */
  vpcs: z._default(z.array(VpcSchema), []),
  /** Who hears of every outcome by mail. Default: nobody; others can subscribe to the topic. */
  notificationEmail: z.optional(z.string().check(z.email())),
});

/** The deployment config, `fuse.config.yaml`. Unknown keys are refused. */
export const ConfigSchema = z.strictObject({
  /** The policy file, seen from the config file. */
  policy: z._default(z.string().check(z.minLength(1)), 'fuse.policy.yaml'),
  /** How long logs are kept, in days. The audit table keeps its entries for good. */
  retentionDays: z._default(z.literal([...retentionChoices]), 365),
  /** Copies of the functions before the network cut that never start cold; each is billed by the hour. */
  copiesReady: z._default(z.int().check(z.minimum(0), z.maximum(100)), 1),
  /** One stack each. Default: one, wherever the deploy's credentials point to. */
  accounts: z._default(z.array(AccountSchema).check(z.minLength(1)), [{ vpcs: [] }]),
});

export type AccountConfig = z.infer<typeof AccountSchema>;

/** The checked config together with the policy it names. */
export interface FuseConfig {
  readonly policy: Policy;
  readonly retentionDays: (typeof retentionChoices)[number];
  readonly copiesReady: number;
  readonly accounts: readonly AccountConfig[];
}

/**
 * Reads the config and the policy it names. Without `configPath` the file `fuse.config.yaml` in `root` counts, and
 * where there is none, the defaults. Throws ConfigInvalidError or PolicyInvalidError.
 */
export function loadConfig(root: string, configPath?: string): FuseConfig {
  const path = configPath === undefined ? join(root, 'fuse.config.yaml') : resolve(root, configPath);
  // Only the default file may be missing: a path that somebody named is a file that somebody counts on.
  const value = configPath === undefined && !existsSync(path) ? {} : readYaml(path);
  const config = parseWith(ConfigSchema, value, `Config "${path}"`, toConfigError);
  refuseTwins(config.accounts, path);
  return { ...config, policy: loadPolicy(resolve(dirname(path), config.policy)) };
}

/** The id of an account's stack. It never changes for the same account and region, whatever else is configured. */
export function stackIdOf(account: AccountConfig): string {
  return ['ConnectionFuse', account.account, account.region].filter((part) => part !== undefined).join('-');
}

/** Two stacks in one account and region would cut every server twice. */
function refuseTwins(accounts: readonly AccountConfig[], path: string): void {
  accounts.forEach((account, index) => {
    const first = accounts.findIndex((other) => stackIdOf(other) === stackIdOf(account));
    if (first !== index) {
      throw new ConfigInvalidError(
        `Config "${path}" is not valid: accounts.${index}: must name another account and region than accounts.${first}, got ${JSON.stringify(account)}`,
      );
    }
    refuseTwinVpcs(account, `accounts.${index}`, path);
  });
}

function refuseTwinVpcs(account: AccountConfig, at: string, path: string): void {
  account.vpcs.forEach(({ vpcId }, index) => {
    if (account.vpcs.findIndex((other) => other.vpcId === vpcId) === index) return;
    throw new ConfigInvalidError(
      `Config "${path}" is not valid: ${at}.vpcs.${index}.vpcId: must be named once only, got "${vpcId}"`,
    );
  });
}

function readYaml(path: string): unknown {
  try {
    return parseYaml(readFileSync(path, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw toConfigError(`Config not read: "${path}" must be a readable YAML file, got: ${reason}`, cause);
  }
}

function toConfigError(message: string, cause?: unknown): ConfigInvalidError {
  return new ConfigInvalidError(message, { cause });
}
