import { dirname } from 'node:path';
import { App } from 'aws-cdk-lib';
import cdkJson from '../cdk.json' with { type: 'json' };
import { FuseError } from '../lambdas/shared/errors.ts';
import { loadConfig, stackIdOf } from './config.ts';
import { FuseStack } from './fuse-stack.ts';

const root = dirname(import.meta.dirname);

try {
  // The flags come along by hand, so that `node cdk/app.ts` writes the same templates as `cdk synth`.
  const app = new App({ context: cdkJson.context, analyticsReporting: false, treeMetadata: false });
  const { accounts, ...shared } = loadConfig(root, app.node.tryGetContext('config') ?? process.env['FUSE_CONFIG']);
  for (const account of accounts) new FuseStack(app, stackIdOf(account), { account, ...shared });
  app.synth();
} catch (error) {
  if (!(error instanceof FuseError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
