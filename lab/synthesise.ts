import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTemplate } from './template/load-template.ts';
import type { LoadedTemplate } from './template/template.ts';

const root = join(import.meta.dirname, '..');

/** The account the lab stands for, and the policy it runs under. */
export interface LabAccount {
  readonly accountId: string;
  readonly region: string;
  readonly vpcId: string;
  readonly policyPath: string;
}

/** A synthesised app, and the folder it lies in: it is the caller's to remove. */
export interface Synthesised {
  readonly loaded: LoadedTemplate;
  readonly folder: string;
}

/** Builds the bundles and synthesises the real app into a folder of its own, by the same commands as a deploy. */
export async function synthesise(account: LabAccount): Promise<Synthesised> {
  const folder = await mkdtemp(join(tmpdir(), 'connection-fuse-synth-'));
  await buildFunctions();
  return { loaded: loadTemplate(await synthesiseInto(folder, account)), folder };
}

/** Bundles the functions. */
export async function buildFunctions(): Promise<void> {
  await runNode(['build.mjs'], {});
}

/**
 * Synthesises the real app and returns the folder of its cloud assembly, `cdk.out` inside `folder`. CDK runs as a
 * process of its own, so that the lab holds nothing of it and reads only what it wrote.
 */
export async function synthesiseInto(folder: string, account: LabAccount): Promise<string> {
  const { accountId, region, vpcId, policyPath } = account;
  const config = join(folder, 'fuse.config.yaml');
  // JSON is YAML.
  const accounts = [{ account: accountId, region, vpcs: [{ vpcId }] }];
  await writeFile(config, JSON.stringify({ policy: policyPath, accounts }));
  const outdir = join(folder, 'cdk.out');
  // The template's own validator is a check of CI; here it would double the waiting.
  await runNode(['cdk/app.ts'], { CDK_OUTDIR: outdir, FUSE_CONFIG: config, CDK_VALIDATION: 'false' });
  return outdir;
}

async function runNode(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(process.execPath, [...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) throw new Error(`"node ${args.join(' ')}" ended with status ${status}: ${complaint.trim()}`);
}
