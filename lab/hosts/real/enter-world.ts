import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { dirname } from 'node:path';
import { toolPath } from './run-tool.ts';

/** One way to get private namespaces: options of `unshare`. */
export type WayIn = readonly string[];

/**
 * Ways into a private network, best first. A user namespace comes first even for root: a document that runs inside can
 * then not touch the machine's clock or services. A pid namespace ends everything with the helper.
 */
export const waysIn: readonly WayIn[] = [
  ['-Urnm', '-pf', '--kill-child', '--mount-proc'],
  ['-Urnm'],
  ...(process.getuid?.() === 0 ? [['-nm']] : []),
];

/** Starts one of our own scripts with this Node inside fresh namespaces. */
export function startInside(wayIn: WayIn, path: string, stdio: StdioOptions): ChildProcess {
  return spawn('unshare', [...wayIn, '--', process.execPath, path], {
    stdio,
    cwd: '/',
    // Nothing of the caller's environment: neither credentials nor options for Node belong in there.
    env: { PATH: `${dirname(process.execPath)}:${toolPath}` },
  });
}
