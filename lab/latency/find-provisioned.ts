import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../../lambdas/shared/record.ts';

/**
 * Logical ids of the functions for which a synthesised app asks for provisioned concurrency: their environments are
 * ready before anything happens. A function it does not ask for starts cold.
 */
export function findProvisioned(assembly: string): ReadonlySet<string> {
  const templates = readdirSync(assembly).filter((name) => name.endsWith('.template.json'));
  return new Set(templates.flatMap((name) => listProvisioned(JSON.parse(readFileSync(join(assembly, name), 'utf8')))));
}

function listProvisioned(template: unknown): string[] {
  const resources = isRecord(template) && isRecord(template['Resources']) ? template['Resources'] : {};
  return Object.values(resources).flatMap((resource) => {
    const properties = isRecord(resource) && isRecord(resource['Properties']) ? resource['Properties'] : {};
    if (properties['ProvisionedConcurrencyConfig'] === undefined) return [];
    const { FunctionName: of } = properties;
    return isRecord(of) && typeof of['Ref'] === 'string' ? [of['Ref']] : [];
  });
}
