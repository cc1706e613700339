import type * as z from 'zod/mini';
import { ServiceError, refuseUnsupported } from './service-error.ts';

/** One API call as the lab saw it, on the wire or between its own services. */
export interface ServiceCall {
  /** Unix time in milliseconds of arrival. */
  readonly at: number;
  /** IAM prefix of the service: `ec2`, `ssm`, `states`, `events`, `dynamodb`, … */
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  /** Access key id of the caller; calls between services carry the calling resource's ARN instead. */
  readonly caller: string;
  /** Session token of the caller: each process of a function has its own. Absent between services and for operators. */
  readonly session?: string;
}

/** A request of a service whose operations are told by method and path. */
export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** How a service is spoken to: JSON with an `x-amz-target` prefix, forms answered in XML, or XML over paths. */
export type Wire =
  | { readonly kind: 'json'; readonly targetPrefix: string; readonly version: '1.0' | '1.1' }
  | { readonly kind: 'ec2-query' | 'query'; readonly scope: string; readonly namespace: string }
  | {
      readonly kind: 'rest-xml';
      readonly scope: string;
      readonly namespace: string;
      /** Tells the operation and its input; throws a ServiceError for what is none. */
      readonly read: (request: RestRequest) => { readonly operation: string; readonly input: unknown };
    };

/** One emulated service: its IAM prefix, its wire form and its operations. */
export interface AwsService {
  readonly name: string;
  readonly wire: Wire;
  run(operation: string, input: unknown, call: ServiceCall): Promise<unknown>;
}

/** One operation: the parameters it takes (others are refused) and what it does with them. */
export interface Operation {
  readonly input: z.ZodMiniType;
  readonly run: (input: never, call: ServiceCall) => unknown;
}

/** Ties an operation's schema to its function, so that the function's input type follows the schema. */
export function defineOperation<Schema extends z.ZodMiniType>(
  input: Schema,
  run: (input: z.output<Schema>, call: ServiceCall) => unknown,
): Operation {
  return { input, run };
}

/** The error codes a service uses for a parameter of the wrong shape or a missing one. */
export interface InputErrorCodes {
  readonly invalid: string;
  readonly missing: string;
}

const jsonErrorCodes: InputErrorCodes = { invalid: 'ValidationException', missing: 'ValidationException' };

/** Parses an input; unknown members are a gap of the lab, wrong ones an error as AWS words it. */
export function parseInput<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  where: { readonly service: string; readonly operation: string },
  codes: InputErrorCodes = jsonErrorCodes,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).map(String).join('.');
  if (issue?.code === 'unrecognized_keys') {
    refuseUnsupported(where.service, where.operation, `parameter '${[path, issue.keys[0]].filter(Boolean).join('.')}'`);
  }
  const isMissing = issue?.code === 'invalid_type' && issue.input === undefined;
  const code = isMissing ? codes.missing : codes.invalid;
  throw new ServiceError(code, `Value for parameter '${path || 'input'}' is not valid: ${issue?.message ?? 'unknown'}`);
}

/** Runs an operation from a service's table; a name that is not there is refused. */
export async function runOperation(
  service: string,
  operations: Readonly<Record<string, Operation>>,
  call: ServiceCall,
  codes: InputErrorCodes = jsonErrorCodes,
): Promise<unknown> {
  const operation = Object.hasOwn(operations, call.operation) ? operations[call.operation] : undefined;
  if (operation === undefined) refuseUnsupported(service, call.operation, 'operation');
  const input = parseInput(operation.input, call.input, { service, operation: call.operation }, codes);
  return await operation.run(input as never, call);
}
