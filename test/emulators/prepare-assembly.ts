import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStandIns } from './create-stand-ins.ts';
import type { StandInTools } from './create-stand-ins.ts';
import { fixDefinitions } from './fix-definitions.ts';
import type { Stripped } from './stripped.ts';
import { findStripped, stripTemplate, whyStripped } from './strip-template.ts';
import type { Template } from './strip-template.ts';

/** The synthesised stack, found in the manifest of its assembly. */
export interface StackArtifact {
  readonly artifactId: string;
  readonly templatePath: string;
}

interface Manifest {
  readonly artifacts: Readonly<
    Record<string, { readonly type: string; readonly properties?: { templateFile?: string } }>
  >;
}

/** Finds the one stack of an assembly. */
export function findStack(assembly: string): StackArtifact {
  const { artifacts } = JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8')) as Manifest;
  const found = Object.entries(artifacts).find(([, { type }]) => type === 'aws:cloudformation:stack');
  if (found === undefined) throw new Error(`Assembly "${assembly}" holds no stack`);
  const [artifactId, { properties }] = found;
  return { artifactId, templatePath: join(assembly, properties?.templateFile ?? '') };
}

/** The template of the one stack of an assembly. */
export function readTemplate(assembly: string): Template {
  return JSON.parse(readFileSync(findStack(assembly).templatePath, 'utf8')) as Template;
}

/**
 * Takes out of the assembly what the target does not know, and makes it there by API. Returns what it was; all else is
 * deployed as it was synthesised.
 */
export async function prepareAssembly(assembly: string, tools: StandInTools): Promise<readonly Stripped[]> {
  const template = readTemplate(assembly);
  const standIns = await createStandIns(template, tools);
  writeFileSync(findStack(assembly).templatePath, JSON.stringify(stripTemplate(template, standIns)));
  const resources = findStripped(template).map(([id, resource]) => ({
    id,
    type: resource.Type,
    reason: whyStripped(resource) ?? '',
  }));
  return [...resources, ...fixDefinitions(assembly)];
}
