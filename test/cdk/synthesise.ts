import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import type { AccountConfig } from '../../cdk/config.ts';
import { FuseStack } from '../../cdk/fuse-stack.ts';
import { parsePolicy } from '../../lambdas/shared/policy/parse-policy.ts';

export const stems = [
  'assess',
  'revoke-security-groups',
  'kill-connections',
  'stop-service',
  'hold-task',
  'kill-sessions',
  'resync-clock',
  'shed-connections',
  'fail-over',
  'hold-open',
  'ask-person',
  'close-incident',
  'restore',
  'watch-reviews',
  'watch-time-zones',
] as const;

const scratch = mkdtempSync(join(tmpdir(), 'fuse-cdk-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** Stand-ins for the real bundles, so that these tests need no build. */
export const bundlesPath = join(scratch, 'bundles');
for (const stem of stems) {
  mkdirSync(join(bundlesPath, stem), { recursive: true });
  writeFileSync(join(bundlesPath, stem, 'index.js'), `exports.handler = () => '${stem}';\n`);
}

/** A policy with one golden channel of each direction and an agent path. */
export const policy = parsePolicy({
  version: 1,
  services: [{ name: 'shop', coreBusiness: false }],
  agentPath: { cidrs: ['10.0.255.0/28'] },
  goldenChannels: [
    { name: 'monitoring', servers: { service: 'shop' }, direction: 'in', peers: ['10.0.9.0/24'], ports: [9100] },
    { name: 'settlement', servers: { service: 'shop' }, direction: 'out', peers: ['10.0.8.20/32', '2001:db8::/64'] },
  ],
});

export const account: AccountConfig = {
  account: '123456789012',
  region: 'eu-central-1',
  vpcs: [{ vpcId: 'vpc-0123456789abcdef0' }],
  notificationEmail: 'duty@example.com',
};

/** An account of which nothing is known: the template must work wherever it is deployed. */
export const anywhere: AccountConfig = { vpcs: [] };

export function createApp(): App {
  const outdir = mkdtempSync(join(scratch, 'out-'));
  return new App({ context: cdkJson.context, analyticsReporting: false, treeMetadata: false, outdir });
}

export function addStack(app: App, overrides: Partial<ConstructorParameters<typeof FuseStack>[2]> = {}): FuseStack {
  return new FuseStack(app, 'ConnectionFuse', { account, policy, retentionDays: 365, bundlesPath, ...overrides });
}

/** The whole template for one account. */
export function synthesise(overrides: Parameters<typeof addStack>[1] = {}): CloudFormationTemplate {
  return Template.fromStack(addStack(createApp(), overrides)).toJSON() as CloudFormationTemplate;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a template is JSON of every shape; the tests pick from it
export type Json = any;

export interface Resource {
  readonly Type: string;
  readonly Properties: Json;
  readonly DeletionPolicy?: string;
}

export interface CloudFormationTemplate {
  readonly Resources: Record<string, Resource>;
  readonly Outputs: Record<string, Json>;
}

/** The resources of one type with their logical ids. */
export function resourcesOf(template: CloudFormationTemplate, type: string): (Resource & { readonly id: string })[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, ...resource }));
}
