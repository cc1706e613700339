import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Check } from './check.ts';
import { ValidatorMissingError } from './check.ts';
import { lastWords, runProgram } from './run-program.ts';
import type { Assembly } from './template-bench.ts';

interface PolicyFinding {
  readonly issue: string;
  readonly title: string;
  readonly detail: unknown;
  readonly location: { readonly filepath?: string | null };
}

/** The IAM linter, on every policy of the templates as AWS would see it: with its references resolved. */
export async function judgeByParliament(assemblies: readonly Assembly[], programs: string): Promise<Check[]> {
  const checks: Check[] = [];
  for (const assembly of assemblies) {
    const folder = await mkdtemp(join(tmpdir(), 'connection-fuse-policies-'));
    try {
      const policies = listPolicies(assembly);
      for (const [id, document] of policies) await writeFile(join(folder, `${id}.json`), JSON.stringify(document));
      const run = await runProgram(`${programs}/parliament`, ['--directory', folder, '--json']);
      // 0 without findings, 1 with; a traceback ends with 1 as well.
      if (run.stderr.includes('Traceback') || policies.length === 0) {
        throw new ValidatorMissingError(`parliament judged nothing of "${assembly.name}": ${lastWords(run)}`);
      }
      checks.push({ validator: 'parliament', target: assembly.name, findings: readFindings(run.stdout) });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return checks;
}

function readFindings(stdout: string): Check['findings'] {
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as PolicyFinding)
    .map(({ issue, title, detail, location }) => ({
      rule: issue,
      where: basename(location.filepath ?? '', '.json'),
      message: `${title}: ${JSON.stringify(detail)}`,
    }));
}

/** By logical id. Trust and resource policies have principals, which this linter does not know. */
function listPolicies({ loaded, resolver }: Assembly): [string, unknown][] {
  return Object.entries(loaded.template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::ManagedPolicy')
    .map(([id, { Properties }]) => [id, resolver.resolve(Properties?.['PolicyDocument'])]);
}
