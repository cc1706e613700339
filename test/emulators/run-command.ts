import { spawn } from 'node:child_process';

/** Runs a program to its end and returns what it printed; one that fails is an error with its last words. */
export async function runCommand(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(command, [...args], {
    env: { ...withoutAccount(process.env), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status === 0) return printed;
  const words = `${printed}\n${complaint}`.trim().slice(-3000);
  throw new Error(`"${command} ${args.join(' ')}" ended with status ${status}: ${words}`);
}

/** No profile and no endpoint of whoever runs this may lead a command to an account. */
function withoutAccount(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('AWS_') || name === 'AWS_CA_BUNDLE'),
  );
}
