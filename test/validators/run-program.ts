import { spawn } from 'node:child_process';

/** How a program ended and what it wrote. */
export interface ProgramRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longer than any validator takes on a busy machine; one that hangs must not hang CI. */
const timeoutMs = 600_000;

/** Runs a program to its end; only one that could not be started rejects. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly stdin?: string } = {},
): Promise<ProgramRun> {
  const { cwd, env = {}, stdin = '' } = options;
  const child = spawn(command, [...args], { cwd, env: { ...process.env, ...env }, timeout: timeoutMs });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // A program that ends before it read everything closes the pipe; its status tells the story.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { status, stdout, stderr };
}

/** The last lines of what a program complained about. */
export function lastWords({ stdout, stderr }: ProgramRun): string {
  return (stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n');
}
