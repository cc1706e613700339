#!/usr/bin/env node
// Starts the command on Node 24 or newer: TypeScript runs as it lies on disk. Older Nodes hand over to the one that
// `npm ci` brings on Linux.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const main = join(folder, 'main.ts');
const [major] = process.versions.node.split('.').map(Number);

if (!existsSync(main)) {
  console.error('fuse: the command runs from a checkout of connection-fuse, the package holds the construct only');
  process.exitCode = 1;
} else if (major >= 24) {
  await import(new URL('main.ts', import.meta.url).href);
} else {
  handOver();
}

function handOver() {
  const bundled = ['x64', 'arm64']
    .map((cpu) => join(folder, '..', 'node_modules', `node-linux-${cpu}`, 'bin', 'node'))
    .find((path) => existsSync(path));
  if (bundled === undefined) {
    console.error(
      `fuse: cannot run on Node "${process.versions.node}": Node 24 or newer is wanted (on Linux, npm ci brings it)`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(bundled, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (status) => process.exit(status ?? 1));
}
