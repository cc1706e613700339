import { createHash } from 'node:crypto';
import { LabSetupError } from '../services/setup-error.ts';

/** A function as the template describes it. */
export interface FunctionSpec {
  readonly functionName: string;
  readonly functionArn: string;
  /** Directory of the deployed code. */
  readonly codeDirectory: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Most requests at a time; more are throttled. Default: the account's limit. */
  readonly reservedConcurrency?: number | undefined;
}

/** Where functions run and what they find there. */
export interface RuntimeProps {
  readonly region: string;
  /** Where the functions find every AWS service. */
  readonly endpointUrl: string;
  /** Told each line a function writes. Default: nobody; the lines are kept in any case. */
  readonly onLine?: ((line: LogLine) => void) | undefined;
  /** Whether sleeps inside functions take no real time. Default: false. */
  readonly skipsWaits?: boolean | undefined;
  /**
   * Most processes of one function at a time; further requests wait for one, as on a machine that is slower. Default: as
   * many as requests, which is what AWS does up to its own limit.
   */
  readonly mostProcesses?: number | undefined;
}

/** One line in a function's log group. */
export interface LogLine {
  readonly functionName: string;
  readonly requestId: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** Lambda's limit for all variables of a function together. */
const maximumEnvironmentBytes = 4096;

const reservedName =
  /^(AWS_(REGION|DEFAULT_REGION|ACCESS_KEY(_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN|EXECUTION_ENV|LAMBDA_.*)|_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/;

/** Refuses variables Lambda would refuse at deployment. */
export function checkEnvironment({ functionName, environment }: FunctionSpec): void {
  const bad = Object.keys(environment).find((name) => reservedName.test(name) || !/^[a-zA-Z]\w+$/.test(name));
  if (bad !== undefined) {
    throw new LabSetupError(
      `Could not create function '${functionName}': its variable '${bad}' is reserved or not a name`,
    );
  }
  const size = Buffer.byteLength(JSON.stringify(environment));
  if (size > maximumEnvironmentBytes) {
    throw new LabSetupError(
      `Could not create function '${functionName}': its variables take ${size} bytes, 4096 is the limit`,
    );
  }
}

/** An access key id of its own for every function, by which its calls are told apart. */
export function toAccessKeyId(functionName: string): string {
  const digest = createHash('sha256').update(functionName).digest('hex').toUpperCase();
  return `ASIA${digest.slice(0, 16)}`;
}

/** The whole environment of a function's process: what Lambda sets, what the function was given, what the lab adds. */
export function toProcessEnvironment(
  spec: FunctionSpec,
  taskRoot: string,
  logStreamName: string,
  props: RuntimeProps,
): Readonly<Record<string, string>> {
  return {
    ...spec.environment,
    _HANDLER: spec.handler,
    AWS_ACCESS_KEY_ID: toAccessKeyId(spec.functionName),
    AWS_SECRET_ACCESS_KEY: 'lab',
    // One for each process, as on AWS: by it the lab knows which process made a call.
    AWS_SESSION_TOKEN: `lab-${logStreamName}`,
    AWS_REGION: props.region,
    AWS_DEFAULT_REGION: props.region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: taskRoot,
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    // From here on the lab's own: everything AWS is at one address, and no file of the user's may say otherwise.
    AWS_ENDPOINT_URL: props.endpointUrl,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: `${taskRoot}/no-such-config`,
    AWS_SHARED_CREDENTIALS_FILE: `${taskRoot}/no-such-credentials`,
  };
}
