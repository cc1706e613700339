import { readFileSync } from 'node:fs';

/** Reads a file with one JSON event; a byte-order mark, as some editors write it, is no fault. Throws on all else. */
export function readEventFile(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')) as unknown;
}
