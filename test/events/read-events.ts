import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NamedEvent {
  /** The file's name, or what else tells the event from the others. */
  readonly name: string;
  readonly event: unknown;
}

const root = join(import.meta.dirname, '..', '..');

/** Samples that nobody here wrote lie beside the checkout where somebody has them: their licences are not ours. */
export const recordedFolder = process.env['FUSE_SHARED_EVENTS'] ?? join(root, '..', 'shared', 'events');

/** Our own events, each in a documented shape. */
export const fixtureFolder = join(root, 'test', 'fixtures', 'events');

/** Every JSON file of a folder, in the order of their names; none where the folder is not there. */
export function readEvents(folder: string): NamedEvent[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((name) => ({ name, event: JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown }));
}
