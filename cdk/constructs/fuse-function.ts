import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage, Validations, type Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type * as z from 'zod/mini';
import { FuseError } from '../../lambdas/shared/errors.ts';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { compilePolicy } from '../../lambdas/shared/policy/read-policy.ts';
import { acceptFindings, logWithoutOwnKey, roleInDependsOn } from './accept-findings.ts';

/** A function's bundle is not there: synth would deploy nothing in its place. */
export class BundleMissingError extends FuseError {
  override readonly name = 'BundleMissingError';
}

/** Variables that the runtime sets itself; a schema may read them, nobody may pass them. */
type RuntimeVariable = `AWS_${string}` | `LAMBDA_${string}`;

/** The variables of an environment schema as texts: none may be left out, none added. */
export type VariablesOf<Schema extends z.ZodMiniType> = {
  readonly [Name in Exclude<keyof z.input<Schema>, RuntimeVariable>]-?: string;
};

/** What all functions of one fuse share. */
export interface SharedFunctionProps {
  /** Lies as `policy.json` beside every bundle: the policy has the version of the code. */
  readonly policy: Policy;
  /** Folder with one folder a function, as `build.mjs` writes them. */
  readonly bundlesPath: string;
  /** How long the log is kept. */
  readonly retention: RetentionDays;
}

export interface FuseFunctionProps<Schema extends z.ZodMiniType> extends SharedFunctionProps {
  /** The function's name in the tree: `lambdas/<stem>/`. */
  readonly stem: string;
  /** What it does, for the console. */
  readonly description: string;
  /** Shorter than the time limit of the state that calls it: an answer that comes later is lost. */
  readonly timeout: Duration;
  /** The variables that its environment schema wants. */
  readonly environment: VariablesOf<Schema>;
}

/**
 * One function with a role of its own that may write its log and its traces. The type parameter is the function's
 * environment schema, so a variable that is forgotten does not compile.
 */
export class FuseFunction<Schema extends z.ZodMiniType> extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: FuseFunctionProps<Schema>) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', { retention: props.retention });
    acceptFindings(logGroup, { checkov: logWithoutOwnKey });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `connection-fuse: ${props.description}`,
    });
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // One whole virtual CPU: the fuse is nearly always cold, and a cold start is CPU time.
      memorySize: 1769,
      timeout: props.timeout,
      handler: 'index.handler',
      code: codeWithPolicy(this, props),
      environment: { ...(props.environment as Record<string, string>) },
      role: this.role,
      logGroup,
      tracing: Tracing.ACTIVE,
    });
    this.acknowledge();
  }

  private acknowledge(): void {
    Validations.of(this.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray and the Describe calls of EC2, Systems Manager and CloudWatch know no resource to name',
    });
    Validations.of(this.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason: 'A state machine waits for its answer, or a schedule asks again; lost events become dead letters',
    });
    acceptFindings(this.function, {
      'cfn-lint': roleInDependsOn,
      checkov: {
        CKV_AWS_115:
          'A limit of concurrency would make cuts wait in a storm; the budget in the audit table limits them',
        CKV_AWS_116: 'State machines wait for the answers; what EventBridge calls has its dead letters at the rule',
        CKV_AWS_117:
          'It speaks to AWS APIs only; inside a VPC the fuse could be cut off by its own cut or by an intruder',
        CKV_AWS_173: 'The variables hold names and ids, no secrets, and Lambda encrypts them by a key of its own',
      },
    });
  }
}

/** The bundle with the compiled policy beside it, laid together inside the assembly. */
function codeWithPolicy(scope: Construct, { stem, policy, bundlesPath }: SharedFunctionProps & { stem: string }): Code {
  const bundle = join(bundlesPath, stem, 'index.js');
  if (!existsSync(bundle)) {
    throw new BundleMissingError(`Bundle of ${stem} not found: "${bundle}" is wanted, run \`node build.mjs\` first`);
  }
  // By address: two fuses in one app may have different policies.
  const folder = join(Stage.of(scope)?.assetOutdir ?? '.', 'functions', scope.node.addr);
  mkdirSync(folder, { recursive: true });
  copyFileSync(bundle, join(folder, 'index.js'));
  writeFileSync(join(folder, 'policy.json'), compilePolicy(policy));
  return Code.fromAsset(folder);
}
