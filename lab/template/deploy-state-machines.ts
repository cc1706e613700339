import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { LabSetupError } from '../services/setup-error.ts';
import type { StateMachineSeed } from '../services/step-functions/executions.ts';
import { toAssetHash } from './deploy-functions.ts';
import { inert, readProperties } from './resource.ts';
import type { ResolvedResource } from './resource.ts';
import type { LoadedTemplate } from './template.ts';

const stateMachineSchema = z.strictObject({
  RoleArn: z.string(),
  DefinitionS3Location: z.optional(z.strictObject({ Bucket: inert, Key: z.string(), Version: inert })),
  DefinitionString: z.optional(z.string()),
  Definition: z.optional(z.record(z.string(), z.unknown())),
  DefinitionSubstitutions: z.optional(z.record(z.string(), z.coerce.string())),
  StateMachineType: z.optional(z.literal('STANDARD')),
  StateMachineName: inert,
  LoggingConfiguration: inert,
  TracingConfiguration: inert,
  EncryptionConfiguration: inert,
  Tags: inert,
});

/** Reads a state machine with its definition, placeholders filled in. */
export function toStateMachineSeed(resource: ResolvedResource, loaded: LoadedTemplate): StateMachineSeed {
  const properties = readProperties(stateMachineSchema, resource);
  const text = readDefinition(resource, properties, loaded);
  const { Arn: arn = '', Name: name = '' } = resource.identity.attributes;
  const definition = fillPlaceholders(text, properties.DefinitionSubstitutions ?? {}, resource.logicalId);
  return { name, arn, roleArn: properties.RoleArn, definition };
}

/** A definition in the template itself, as text or structure, or a file among the assets. */
function readDefinition(
  { logicalId }: ResolvedResource,
  properties: z.output<typeof stateMachineSchema>,
  { assets }: LoadedTemplate,
): string {
  if (properties.DefinitionString !== undefined) return properties.DefinitionString;
  if (properties.Definition !== undefined) return JSON.stringify(properties.Definition);
  const path = assets.get(toAssetHash(properties.DefinitionS3Location?.Key ?? ''));
  if (path !== undefined) return readFileSync(path, 'utf8');
  throw new LabSetupError(`Could not deploy '${logicalId}': it has no definition among the assets`);
}

/**
 * Puts values in the places of `"${Name}"`. A placeholder is always a whole quoted string, so that the file on disk is
 * JSON as it lies; one inside a longer string, or one without a value, is refused.
 */
export function fillPlaceholders(text: string, values: Readonly<Record<string, string>>, logicalId: string): unknown {
  const filled = text.replaceAll(/"\$\{([^{}"]+)\}"/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? JSON.stringify(values[name]) : whole,
  );
  const left = /\$\{[^{}"]+\}/.exec(filled)?.[0];
  if (left !== undefined) {
    throw new LabSetupError(
      `Could not deploy '${logicalId}': its placeholder '${left}' has no value or is not a whole string`,
    );
  }
  return JSON.parse(filled) as unknown;
}
