import { join } from 'node:path';
import { build } from 'esbuild';
import { timeImports } from './time-imports.ts';

/**
 * Milliseconds in which a function with 1.7 GB of Lambda imports one client of the SDK, bundled by esbuild's defaults:
 * init of such a function is told as 242 to 270 ms, and the runtime's own start is 125 ms of that.
 */
const lambdaMs = 131;
const turns = 3;

/** Bundles what the pace of the machine is measured by. */
export async function makeYardstick(folder: string): Promise<string> {
  const outfile = join(folder, 'yardstick.cjs');
  const contents = "export { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';";
  const stdin = { contents, resolveDir: import.meta.dirname };
  await build({ stdin, outfile, bundle: true, minify: true, platform: 'node', logLevel: 'error' });
  return outfile;
}

/**
 * How many times as long our code takes on Lambda as on this machine at this moment; below one where the machine is slow
 * or busy. Times of our own code are taken times this: else the bench would measure who else works here.
 */
export function measurePace(yardstick: string): number {
  const [hereMs = lambdaMs] = timeImports([yardstick], turns);
  return lambdaMs / hereMs;
}
