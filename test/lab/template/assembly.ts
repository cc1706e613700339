import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

const manifest = {
  artifacts: {
    'Fuse.assets': { type: 'cdk:asset-manifest', properties: { file: 'Fuse.assets.json' } },
    Fuse: {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: 'Fuse.template.json', stackName: 'ConnectionFuse' },
    },
  },
};

/** Writes a cloud assembly with one stack, as a synth does, and returns its directory. `files` are assets by hash. */
export async function writeAssembly(
  template: object,
  files: Readonly<Record<string, { readonly path: string; readonly text: string }>> = {},
  changes: object = {},
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'connection-fuse-test-'));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  const sources = Object.entries(files).map(([hash, { path }]) => {
    const source = path.includes('/') ? dirname(path) : path;
    return [hash, { source: { path: source, packaging: path.includes('/') ? 'zip' : 'file' } }];
  });
  await Promise.all([
    writeFile(join(directory, 'manifest.json'), JSON.stringify({ ...manifest, ...changes })),
    writeFile(join(directory, 'Fuse.template.json'), JSON.stringify(template)),
    writeFile(join(directory, 'Fuse.assets.json'), JSON.stringify({ files: Object.fromEntries(sources) as unknown })),
    ...Object.values(files).map(async ({ path, text }) => {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }),
  ]);
  return directory;
}
