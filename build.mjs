// Bundles every lambdas/<stem>/<stem>.lambda.ts into dist/lambdas/<stem>/index.js: one file a function, SDK included.
// What it leaves out and why: docs/decisions/0006-small-bundles.md.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { cp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const root = import.meta.dirname;

/**
 * Two things in the SDK's schema tables keep esbuild from dropping what no command of ours uses. Their keys are computed
 * (aws/aws-sdk-js-v3 #7607): they are written out as literals. And every error class of a service is registered: those
 * that our code never names are not. Such an error still arrives with its own `name`, as the service's base exception.
 */
const slimSchemas = (named) => ({
  name: 'slim-schemas',
  setup(bundle) {
    bundle.onLoad(
      { filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ },
      async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const texts = new Map([...source.matchAll(/const (_\w+) = ("[^"]*");/g)].map(([, name, text]) => [name, text]));
        return {
          contents: source
            .replace(/\[(_\w+)\]:/g, (whole, name) => (texts.has(name) ? `${texts.get(name)}:` : whole))
            .replace(/^n0_registry\.registerError\(\w+\$, (\w+)\);$/gm, (whole, name) =>
              named.has(name) ? whole : '',
            ),
        };
      },
    );
  },
});

/** Every word of the functions' own code that could name an SDK error class. */
async function readErrorNames() {
  const files = globSync('lambdas/**/*.ts', { cwd: root });
  const sources = await Promise.all(files.map((file) => readFile(`${root}/${file}`, 'utf8')));
  return new Set(sources.flatMap((source) => source.match(/\b[A-Z]\w+\b/g) ?? []));
}

/** Lambda hands credentials over in the environment, always; profiles, SSO and instance metadata have no place there. */
const credentialsFromEnvironment = {
  name: 'credentials-from-environment',
  setup(bundle) {
    bundle.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ path }) => ({ path, namespace: 'fuse' }));
    bundle.onLoad({ filter: /credential-provider-node$/, namespace: 'fuse' }, () => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
      resolveDir: root,
    }));
  },
};

/** Clients read their own package.json for the version in the user agent; the rest of it needs no place in a bundle. */
const versionOnly = {
  name: 'version-only',
  setup(bundle) {
    bundle.onLoad({ filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** DynamoDB needs no endpoint discovery, and it is off; only its cache would bring an LRU library into every bundle. */
const noEndpointCache = {
  name: 'no-endpoint-cache',
  setup(bundle) {
    bundle.onResolve({ filter: /^@aws-sdk\/endpoint-cache$/ }, ({ path }) => ({ path, namespace: 'fuse' }));
    bundle.onLoad({ filter: /endpoint-cache$/, namespace: 'fuse' }, () => ({
      contents: 'export class EndpointCache { has() { return false; } get() {} set() {} delete() {} clear() {} }',
    }));
  },
};

const errorNames = await readErrorNames();
const stems = (await readdir(`${root}/lambdas`)).filter((stem) =>
  existsSync(`${root}/lambdas/${stem}/${stem}.lambda.ts`),
);
// Beside the old bundles first, then swapped: whoever reads them meanwhile finds the one or the other, never a half.
const fresh = `${root}/dist/.lambdas-${process.pid}`;
const stale = `${root}/dist/.stale-${process.pid}`;
await Promise.all(
  stems.map((stem) =>
    build({
      entryPoints: [`${root}/lambdas/${stem}/${stem}.lambda.ts`],
      outfile: `${fresh}/${stem}/index.js`,
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      mainFields: ['module', 'main'],
      legalComments: 'none',
      // Loaded by the SDK only for event streams, which no command of ours has.
      external: ['@smithy/core/event-streams'],
      plugins: [slimSchemas(errorNames), credentialsFromEnvironment, versionOnly, noEndpointCache],
      logLevel: 'warning',
    }),
  ),
);
if (existsSync(`${root}/dist/lambdas`)) await rename(`${root}/dist/lambdas`, stale);
await rename(fresh, `${root}/dist/lambdas`);
await rm(stale, { recursive: true, force: true });

if (process.argv.includes('--package')) await writePackage();

/** What `npm pack` takes along: the construct as JavaScript, and beside it all that it lays into an account. */
async function writePackage() {
  const target = `${root}/dist/package`;
  await rm(target, { recursive: true, force: true });
  execFileSync(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', 'tsconfig.package.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  await cp(`${root}/dist/lambdas`, `${target}/dist/lambdas`, { recursive: true });
  for (const folder of ['documents/linux', 'documents/windows']) {
    await cp(`${root}/${folder}`, `${target}/${folder}`, { recursive: true });
  }
  for (const file of globSync('statemachines/*.asl.json', { cwd: root })) {
    await cp(`${root}/${file}`, `${target}/${file}`);
  }
}
