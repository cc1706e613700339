import * as z from 'zod/mini';
import type { FunctionSpec } from '../lambda-runtime/function-environment.ts';
import { LabSetupError } from '../services/setup-error.ts';
import { inert, looseNumber, readProperties } from './resource.ts';
import type { ResolvedResource } from './resource.ts';
import type { LoadedTemplate } from './template.ts';

const functionSchema = z.strictObject({
  Code: z.strictObject({ S3Bucket: inert, S3Key: z.string() }),
  Handler: z.string(),
  Runtime: z.string().check(z.regex(/^nodejs\d+\.x$/)),
  Role: z.string(),
  Timeout: z._default(looseNumber, 3),
  MemorySize: z._default(looseNumber, 128),
  Environment: z.optional(z.strictObject({ Variables: z.optional(z.record(z.string(), z.coerce.string())) })),
  ReservedConcurrentExecutions: z.optional(looseNumber),
  FunctionName: inert,
  Description: inert,
  Architectures: inert,
  TracingConfig: inert,
  LoggingConfig: inert,
  RuntimeManagementConfig: inert,
  KmsKeyArn: inert,
  EphemeralStorage: inert,
  SnapStart: inert,
  RecursiveLoop: inert,
  PackageType: z.optional(z.literal('Zip')),
  Tags: inert,
});

/** Reads a function as the runtime takes it; its code is the asset the deployment would upload. */
export function toFunctionSpec(resource: ResolvedResource, { assets }: LoadedTemplate): FunctionSpec {
  const properties = readProperties(functionSchema, resource);
  const codeDirectory = assets.get(toAssetHash(properties.Code.S3Key));
  if (codeDirectory === undefined) {
    throw new LabSetupError(`Could not deploy '${resource.logicalId}': there is no asset '${properties.Code.S3Key}'`);
  }
  return {
    functionName: resource.identity.ref,
    functionArn: resource.identity.attributes.Arn ?? '',
    codeDirectory,
    handler: properties.Handler,
    timeoutSeconds: properties.Timeout,
    memoryMegabytes: properties.MemorySize,
    environment: properties.Environment?.Variables ?? {},
    reservedConcurrency: properties.ReservedConcurrentExecutions,
  };
}

/** The key of an asset is its hash with a file's ending, possibly behind a prefix. */
export function toAssetHash(key: string): string {
  return key.replace(/^.*\//, '').replace(/\..*$/, '');
}
