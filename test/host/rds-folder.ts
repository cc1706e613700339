import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killSessionsScript } from '../../documents/kill-sessions.ts';
import { change } from './run-kill-sessions.ts';

/** What an operator wrote on a host about RDS instances: a directory of a test in the place of /etc/connection-fuse. */
export interface RdsFolder {
  readonly path: string;
  /** The document, with this directory in it. */
  readonly script: string;
  /** Writes a file with exactly this mode, whatever the umask. */
  write(name: string, text: string, mode?: number): string;
  remove(): void;
}

/** Makes an empty directory that only root can read. */
export function makeRdsFolder(): RdsFolder {
  const path = mkdtempSync(join(tmpdir(), 'cf-rds-'));
  return {
    path,
    script: change(killSessionsScript, [['/etc/connection-fuse', path]]),
    write: (name, text, mode = 0o600) => {
      const file = join(path, name);
      writeFileSync(file, text);
      chmodSync(file, mode);
      return file;
    },
    remove: () => rmSync(path, { recursive: true }),
  };
}
