import { spawn } from 'node:child_process';
import { RemoteProcess } from './remote-process.ts';
import { toolPath } from './run-tool.ts';

/** Starts one of our own scripts inside a network namespace of the world; it knows nothing of the caller's environment. */
export function startInNamespace<Offered extends object>(
  namespace: string,
  path: string,
  label: string,
): RemoteProcess<Offered> {
  const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', process.execPath, path], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    cwd: '/',
    env: { PATH: toolPath },
  });
  return new RemoteProcess<Offered>(child, `${label} of namespace ${namespace}`);
}
