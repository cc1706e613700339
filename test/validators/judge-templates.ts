import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { account, addStack, anywhere, createApp } from '../cdk/synthesise.ts';
import { countAccepted, judgeAccepted, listAccepted } from './accepted.ts';
import type { ResourceFinding, TemplateLinter } from './accepted.ts';
import type { Check, Finding } from './check.ts';
import { ValidatorMissingError } from './check.ts';
import { lastWords, runProgram } from './run-program.ts';
import type { Assembly } from './template-bench.ts';

/** What the CDK's own validator said: CloudFormation's schemas and rules, over the constructs' own annotations. */
export function judgeByCdk(assemblies: readonly Assembly[]): Check[] {
  return assemblies.map(({ name, findings }) => ({ validator: 'cdk', target: name, findings }));
}

/** The rule packs of cdk-nag; exceptions stand beside the resources, in their constructs. test/cdk/nag.test.ts sees it bite. */
export function judgeByNag(): Check[] {
  return [account, anywhere].map((stackAccount) => {
    const app = createApp();
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    addStack(app, { account: stackAccount });
    return {
      validator: 'cdk-nag',
      target: stackAccount === account ? 'an account with a VPC and mail' : 'an account of which nothing is known',
      findings: listFaults(() => app.synth()),
    };
  });
}

function listFaults(run: () => unknown): Finding[] {
  try {
    run();
    return [];
  } catch (error) {
    return [{ rule: 'synth', where: 'app', message: error instanceof Error ? error.message : String(error) }];
  }
}

interface LintEntry {
  readonly Rule: { readonly Id: string };
  readonly Level: string;
  readonly Message: string;
  readonly Filename: string;
  readonly Location: { readonly Path?: readonly (string | number)[] | null };
}

/** AWS's linter of templates, on each template as it is and without what its resources accept. */
export async function judgeByCfnLint(assemblies: readonly Assembly[], programs: string): Promise<Check[]> {
  const paths = assemblies.flatMap(({ templatePath, barePath }) => [templatePath, barePath]);
  const run = await runProgram(`${programs}/cfn-lint`, ['--format', 'json', '--include-checks', 'W', '--', ...paths]);
  const entries = readJson('cfn-lint', run.stdout, run) as LintEntry[];
  const list = (path: string): Finding[] =>
    entries
      .filter(({ Filename }) => Filename === path)
      .map(({ Rule, Message, Location }) => ({
        rule: Rule.Id,
        where: (Location.Path ?? []).join('/'),
        message: Message,
      }));
  return assemblies.map((assembly) => {
    const bare = list(assembly.barePath).map(({ rule, where }) => ({ rule, logicalId: where.split('/')[1] ?? '' }));
    return toCheck('cfn-lint', assembly, list(assembly.templatePath), bare);
  });
}

function toCheck(
  linter: TemplateLinter,
  { name, loaded }: Assembly,
  findings: readonly Finding[],
  bare: readonly ResourceFinding[],
): Check {
  const accepted = listAccepted(loaded.template, linter);
  const all = [...findings, ...judgeAccepted(accepted, bare)];
  return { validator: linter, target: name, findings: all, accepted: countAccepted(accepted) };
}

interface ScanReport {
  readonly results?: {
    readonly failed_checks?: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly resource: string;
    }[];
    readonly parsing_errors?: readonly string[];
  };
  readonly summary?: { readonly passed: number };
}

/** The security scanner, on each template as it is and without what its resources accept. */
export async function judgeByCheckov(assemblies: readonly Assembly[], programs: string): Promise<Check[]> {
  const checks: Check[] = [];
  for (const assembly of assemblies) {
    const findings = await scan(assembly.name, assembly.templatePath, programs);
    const bare = await scan(assembly.name, assembly.barePath, programs);
    const byResource = bare.map(({ rule, where }) => ({ rule, logicalId: where.split('.').at(-1) ?? '' }));
    checks.push(toCheck('checkov', assembly, findings, byResource));
  }
  return checks;
}

/** The scanner's guidelines lie on the network and are left there. */
async function scan(name: string, templatePath: string, programs: string): Promise<Finding[]> {
  const scope = ['--file', templatePath, '--framework', 'cloudformation', '--skip-download'];
  const run = await runProgram(`${programs}/checkov`, [...scope, '--output', 'json', '--compact', '--quiet']);
  const { results = {}, summary } = readJson('checkov', run.stdout, run) as ScanReport;
  // A scanner that read nothing finds nothing.
  if ((summary?.passed ?? 0) === 0 || (results.parsing_errors ?? []).length > 0) {
    throw new ValidatorMissingError(`checkov judged nothing of "${name}": ${lastWords(run)}`);
  }
  return (results.failed_checks ?? []).map((failed) => ({
    rule: failed.check_id,
    where: failed.resource,
    message: failed.check_name,
  }));
}

function readJson(validator: string, text: string, run: Parameters<typeof lastWords>[0]): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ValidatorMissingError(`${validator} judged nothing: ${lastWords(run)}`, { cause });
  }
}
