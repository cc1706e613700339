import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labAccount } from '../../lab/lab.ts';
import { buildFunctions } from '../../lab/synthesise.ts';
import { loadTemplate } from '../../lab/template/load-template.ts';
import { Resolver } from '../../lab/template/resolve.ts';
import type { LoadedTemplate } from '../../lab/template/template.ts';
import { bareTemplate } from './accepted.ts';
import type { Finding } from './check.ts';
import { lastWords, runProgram } from './run-program.ts';

const root = join(import.meta.dirname, '..', '..');

/** A synthesised app that is judged. */
export interface Assembly {
  readonly name: string;
  readonly templatePath: string;
  /** The same template without the findings that its resources accept. */
  readonly barePath: string;
  readonly loaded: LoadedTemplate;
  readonly resolver: Resolver;
  /** What the CDK's own validator said while it was synthesised. */
  readonly findings: readonly Finding[];
}

/** All of them, and the way to take their folder away. */
export interface TemplateBench {
  readonly assemblies: readonly Assembly[];
  remove(): Promise<void>;
}

const { accountId, region, vpcId, policyPath } = labAccount;

/** The apps by name with their config; null is none, as in a fresh checkout. */
const apps: Readonly<Record<string, object | null>> = {
  'an account with a VPC and mail': {
    policy: policyPath,
    accounts: [{ account: accountId, region, vpcs: [{ vpcId }], notificationEmail: 'duty@example.com' }],
  },
  'the app as it is checked out': null,
};

/** Synthesises every app with the CDK's own validator switched on. */
export async function synthesiseAll(): Promise<TemplateBench> {
  const folder = await mkdtemp(join(tmpdir(), 'connection-fuse-validate-'));
  await buildFunctions();
  const assemblies: Assembly[] = [];
  for (const [index, [name, config]] of Object.entries(apps).entries()) {
    assemblies.push(await synthesise(name, config, join(folder, String(index))));
  }
  return { assemblies, remove: async () => await rm(folder, { recursive: true, force: true }) };
}

async function synthesise(name: string, config: object | null, folder: string): Promise<Assembly> {
  await mkdir(folder, { recursive: true });
  const outdir = join(folder, 'cdk.out');
  const configPath = join(folder, 'fuse.config.yaml');
  // JSON is YAML.
  if (config !== null) await writeFile(configPath, JSON.stringify(config));
  const env = { CDK_OUTDIR: outdir, CDK_VALIDATION: 'true', ...(config !== null && { FUSE_CONFIG: configPath }) };
  const run = await runProgram(process.execPath, ['cdk/app.ts'], { cwd: root, env });
  const findings = [
    ...(run.status === 0 ? [] : [{ rule: 'synth', where: name, message: lastWords(run) }]),
    ...(await readReport(join(outdir, 'validation-report.json'))),
  ];
  const loaded = loadTemplate(outdir);
  const queueUrlOf = (queue: string): string => `https://sqs.${region}.amazonaws.com/${accountId}/${queue}`;
  const place = { accountId, region, partition: 'aws', stackName: loaded.stackName, queueUrlOf };
  const templatePath = await findTemplate(outdir);
  const barePath = join(folder, 'bare.template.json');
  await writeFile(barePath, JSON.stringify(bareTemplate(loaded.template)));
  return {
    name,
    templatePath,
    barePath,
    loaded,
    findings,
    resolver: new Resolver({ template: loaded.template, ...place }),
  };
}

async function findTemplate(outdir: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(outdir, 'manifest.json'), 'utf8')) as {
    readonly artifacts: Readonly<Record<string, { readonly properties?: { readonly templateFile?: string } }>>;
  };
  const files = Object.values(manifest.artifacts).flatMap(({ properties }) => properties?.templateFile ?? []);
  return join(outdir, files[0] ?? '');
}

interface Report {
  readonly pluginReports?: readonly {
    readonly pluginName: string;
    readonly violations?: readonly {
      readonly ruleName: string;
      readonly description: string;
      readonly violatingConstructs?: readonly { readonly constructPath?: string }[];
    }[];
  }[];
}

/** The report that synthesis leaves beside the templates; it is there whenever a validator ran. */
async function readReport(path: string): Promise<Finding[]> {
  const report = JSON.parse(await readFile(path, 'utf8')) as Report;
  return (report.pluginReports ?? []).flatMap(({ violations = [] }) =>
    violations.flatMap(({ ruleName, description, violatingConstructs = [] }) =>
      violatingConstructs.map(({ constructPath = '' }) => ({
        rule: ruleName,
        where: constructPath,
        message: description,
      })),
    ),
  );
}
