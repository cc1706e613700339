#!/usr/bin/env node
// Starts the command on Node 24 or newer: TypeScript runs as it lies on disk. Older Nodes hand over to the one that
// `npm ci` brings on Linux.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const main = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, 'main.ts');
const [major] = process.versions.node.split('.').map(Number);

if (!existsSync(main)) {
  console.error('fuse: the command runs from a checkout of connection-fuse, the package holds the construct only');
  process.exitCode = 1;
} else if (major >= 24) {
  await import(new URL('main.ts', import.meta.url).href);
} else {
  const bundled = ['x64', 'arm64']
    .map((cpu) => join(main, '..', '..', 'node_modules', `node-linux-${cpu}`, 'bin', 'node'))
    .find((path) => existsSync(path));
  if (bundled === undefined) {
    console.error(
      `fuse: cannot run on Node "${process.versions.node}": Node 24 or newer is wanted (on Linux, npm ci brings it)`,
    );
    process.exit(1);
  }
  process.exit(spawnSync(bundled, [main, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1);
}
