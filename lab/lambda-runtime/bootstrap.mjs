// The inside of a function's process: loads the handler as Lambda's Node runtime does and answers one request at a time.
// Plain JavaScript that imports nothing but Node: stripping types would add 100 ms to every cold start (measured).
// The messages are those of messages.ts.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Ends a request's output on both streams; the same as `outputEndMark` of messages.ts. */
const outputEndMark = '\u0000';
const taskRoot = process.env.LAMBDA_TASK_ROOT ?? '.';
let currentRequestId = '';
/** The clock that skips waits, where the lab asks for it. */
const waits = process.argv.includes('--skip-waits') ? await import('./skip-waits.mjs') : undefined;

process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', (error) => failAndExit(toFunctionError(error), 129));
process.on('unhandledRejection', (reason) => {
  failAndExit({ ...toFunctionError(reason), errorType: 'Runtime.UnhandledPromiseRejection' }, 128);
});

try {
  const handler = await loadHandler(process.env._HANDLER ?? 'index.handler');
  process.on('message', (message) => void answer(handler, message));
  tell({ kind: 'ready' });
  // The SDK loads it at the first call of a plain endpoint; AWS's have TLS, and `node:https` comes with the bundle.
  void import('node:http');
} catch (error) {
  tell({ kind: 'init-failed', error: toFunctionError(error) });
}

async function answer(handler, message) {
  const { requestId } = message;
  currentRequestId = requestId;
  process.env._X_AMZN_TRACE_ID = message.traceId;
  waits?.beginRequest(message, () => tell({ kind: 'timed-out', requestId }));
  try {
    const result = await handler(JSON.parse(message.payload), toContext(message));
    tell({ kind: 'succeeded', requestId, payload: toPayload(result) });
  } catch (error) {
    tell({ kind: 'failed', requestId, error: toFunctionError(error) });
  }
}

function toPayload(result) {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch (error) {
    throw new Error('Unable to stringify response body', { cause: error });
  }
}

function toContext({ requestId, functionArn, deadlineAtMs }) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: functionArn,
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(deadlineAtMs - Date.now(), 0),
  };
}

async function loadHandler(path) {
  const [, module = '', name = ''] = /^(.*)\.([^.]+)$/.exec(path) ?? [];
  const exported = await loadModule(module);
  const handler = exported[name] ?? exported.default?.[name];
  if (typeof handler !== 'function') throw named('Runtime.HandlerNotFound', `${path} is undefined or not exported`);
  // Since Node 24 Lambda has no callbacks any more.
  if (handler.length > 2)
    throw named('Runtime.CallbackHandlerDeprecated', `${path} takes a callback: use an async handler`);
  return handler;
}

async function loadModule(module) {
  const file = ['.js', '.mjs', '.cjs']
    .map((ending) => join(taskRoot, `${module}${ending}`))
    .find((path) => existsSync(path));
  if (file === undefined) throw named('Runtime.ImportModuleError', `Cannot find module '${module}' in '${taskRoot}'`);
  try {
    // `require` is the quicker way and takes both kinds of module, save those with a top-level await.
    return createRequire(join(taskRoot, 'lab'))(file);
  } catch (error) {
    if (error.code === 'ERR_REQUIRE_ASYNC_MODULE') return await import(pathToFileURL(file).href);
    if (error instanceof SyntaxError)
      throw named('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`, error);
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    throw named('Runtime.ImportModuleError', `Error: ${error.message}`, error);
  }
}

function named(name, message, cause) {
  return Object.assign(new Error(message, { cause }), { name });
}

function toFunctionError(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
}

function failAndExit(error, code) {
  tell({ kind: 'failed', requestId: currentRequestId, error }, () => process.exit(code));
}

/** Marks the end of this request's output, then answers: the parent waits for all three. */
function tell(message, then) {
  process.stdout.write(outputEndMark);
  process.stderr.write(outputEndMark);
  process.send?.({ ...message, skippedMs: waits?.readSkippedMs() ?? 0 }, () => then?.());
}
