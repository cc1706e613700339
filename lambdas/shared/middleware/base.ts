import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import withMiddleware from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import { parseWith } from '../contracts/parse.ts';
import { EnvironmentInvalidError, MessageInvalidError } from '../errors.ts';
import { logKeysOf } from './log-keys.ts';

/** What a function's behaviour gets besides its input. */
export interface HandlerTools<Environment> {
  readonly environment: Environment;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Aborts a quarter of a second before the function's own timeout: pass it to every SDK call. */
  readonly signal: AbortSignal;
}

export interface FuseHandlerOptions<
  EnvironmentSchema extends z.ZodMiniType,
  InputSchema extends z.ZodMiniType,
  Output,
> {
  /** The stem of the function: service name of its logs and metrics. */
  readonly stem: string;
  /** Schema of the variables this function reads from `process.env`. */
  readonly environment: EnvironmentSchema;
  readonly input: InputSchema;
  handle(input: z.output<InputSchema>, tools: HandlerTools<z.output<EnvironmentSchema>>): Promise<Output>;
}

/** One namespace for all functions; the dimension `service` tells them apart. */
export const metricsNamespace = 'ConnectionFuse';

/** Time left for the behaviour to turn an aborted call into its own error and for the middleware to write it out. */
const abortBeforeTimeoutMs = 250;

/**
 * The base bundle of every function: environment and input are checked before the behaviour runs, logs carry the
 * incident from their first line, metrics are written even when it throws. Whole events are never logged.
 */
export function fuseHandler<EnvironmentSchema extends z.ZodMiniType, InputSchema extends z.ZodMiniType, Output>(
  options: FuseHandlerOptions<EnvironmentSchema, InputSchema, Output>,
) {
  const logger = new Logger({ serviceName: options.stem });
  const metrics = new Metrics({ namespace: metricsNamespace, serviceName: options.stem });

  async function run(event: unknown, context: Context): Promise<Output> {
    // Checked in the invocation: a throw while the module loads would reach the state machine without our error name.
    const environment = parseWith(
      options.environment,
      process.env,
      `Environment of ${options.stem}`,
      toEnvironmentError,
    );
    const input = parseWith(options.input, event, `Input of ${options.stem}`, toMessageError);
    logger.appendKeys(logKeysOf(input));
    const deadline = startDeadline(context);
    try {
      return await options.handle(input, { environment, logger, metrics, signal: deadline.signal });
    } finally {
      deadline.stop();
    }
  }

  // timeoutEarlyInMillis 0: middy would answer while the behaviour still runs, and the frozen rest of it would go on
  // in a later invocation.
  return withMiddleware<unknown, Output>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(logger, { logEvent: false, resetKeys: true }))
    .use(logMetrics(metrics, { captureColdStartMetric: true }))
    .use({
      // One value for every invocation: its average is the share of failed ones.
      after: () => void metrics.addMetric('failed', MetricUnit.Count, 0),
      onError: ({ error }) => {
        metrics.addMetric('failed', MetricUnit.Count, 1);
        if (error) logger.error('Function failed', error);
      },
    })
    .handler(run);
}

function toEnvironmentError(message: string): EnvironmentInvalidError {
  return new EnvironmentInvalidError(message);
}

function toMessageError(message: string): MessageInvalidError {
  return new MessageInvalidError(message);
}

/** A signal that aborts shortly before the function times out; never, where the context knows no time. */
function startDeadline(context: Partial<Context>): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const remainingMs = context.getRemainingTimeInMillis?.();
  if (remainingMs === undefined) return { signal: controller.signal, stop: () => undefined };
  const timer = setTimeout(() => controller.abort(), Math.max(0, remainingMs - abortBeforeTimeoutMs));
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}
