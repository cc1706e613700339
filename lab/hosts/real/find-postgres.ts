import { existsSync, readdirSync } from 'node:fs';
import { toolPath } from './run-tool.ts';

/** Folders that may hold the server's own programs: Debian keeps them out of the way, one folder a version. */
function listFolders(): readonly string[] {
  const versions = '/usr/lib/postgresql';
  const found = existsSync(versions) ? readdirSync(versions) : [];
  const newestFirst = found.sort((one, other) => Number(other) - Number(one));
  return [...newestFirst.map((name) => `${versions}/${name}/bin`), ...toolPath.split(':')];
}

/** The folder of PostgreSQL's server programs on this machine, or null where server or client is missing. */
export function findPostgres(): string | null {
  // The documents look for their client in these two alone.
  const hasClient = ['/usr/bin', '/usr/sbin'].some((folder) => existsSync(`${folder}/psql`));
  const folder = listFolders().find((candidate) =>
    ['postgres', 'initdb'].every((tool) => existsSync(`${candidate}/${tool}`)),
  );
  return hasClient && folder !== undefined ? folder : null;
}
