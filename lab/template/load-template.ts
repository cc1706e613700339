import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabSetupError } from '../services/setup-error.ts';
import type { LoadedTemplate, Template } from './template.ts';

interface Manifest {
  readonly artifacts: Readonly<Record<string, Artifact>>;
}

interface Artifact {
  readonly type: string;
  readonly properties?: { readonly templateFile?: string; readonly stackName?: string; readonly file?: string };
}

interface AssetManifest {
  readonly files?: Readonly<Record<string, { readonly source: { readonly path?: string } }>>;
}

/**
 * Reads a synthesised stack from a cloud assembly. Without a name there must be exactly one stack; a name may be the
 * stack's own or its artifact's.
 */
export function loadTemplate(cdkOutDir: string, stackName?: string): LoadedTemplate {
  const { artifacts } = readJson(join(cdkOutDir, 'manifest.json')) as Manifest;
  const [id, artifact] = pickStack(artifacts, cdkOutDir, stackName);
  const { templateFile = '' } = artifact.properties ?? {};
  return {
    stackName: artifact.properties?.stackName ?? id,
    template: readJson(join(cdkOutDir, templateFile)) as Template,
    assets: readAssets(artifacts, cdkOutDir),
  };
}

/** Refuses to guess: which stack is deployed must be plain. */
function pickStack(
  artifacts: Manifest['artifacts'],
  cdkOutDir: string,
  wanted: string | undefined,
): readonly [string, Artifact] {
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const fitting = stacks.filter(
    ([id, { properties }]) => wanted === undefined || id === wanted || properties?.stackName === wanted,
  );
  const [found, ...others] = fitting;
  if (found !== undefined && others.length === 0) return found;
  const names = stacks.map(([id]) => `'${id}'`).join(', ') || 'none';
  throw new LabSetupError(
    `Could not choose stack '${wanted ?? 'the only one'}' in '${cdkOutDir}': its stacks are ${names}`,
  );
}

/** Assets of all stacks together: hashes are of the content, so they cannot clash. */
function readAssets(artifacts: Manifest['artifacts'], cdkOutDir: string): ReadonlyMap<string, string> {
  const manifests = Object.values(artifacts).flatMap(({ type, properties }) =>
    type === 'cdk:asset-manifest' && properties?.file !== undefined ? [properties.file] : [],
  );
  const files = manifests.flatMap((file) =>
    Object.entries((readJson(join(cdkOutDir, file)) as AssetManifest).files ?? {}),
  );
  return new Map(
    files.flatMap(([hash, { source }]) => (source.path === undefined ? [] : [[hash, join(cdkOutDir, source.path)]])),
  );
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (error) {
    throw new LabSetupError(`Could not read '${path}': synthesise the app first`, { cause: error });
  }
}
