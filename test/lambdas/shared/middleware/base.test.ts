import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { LookupFailedError } from '../../../../lambdas/shared/errors.ts';
import { fuseHandler, type HandlerTools } from '../../../../lambdas/shared/middleware/base.ts';

const EnvironmentSchema = z.object({ FUSE_TABLE_NAME: z.string().check(z.minLength(3)) });
const InputSchema = z.strictObject({ executionId: z.string(), event: z.unknown() });
type Environment = z.output<typeof EnvironmentSchema>;

const written: string[] = [];

beforeEach(() => {
  // Powertools writes through the global console only in this mode; otherwise it opens a console of its own.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false'); // that mode switches them off otherwise
  vi.stubEnv('FUSE_TABLE_NAME', 'audit');
  written.length = 0;
  for (const level of ['info', 'warn', 'error', 'log', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((text: string) => void written.push(text));
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function fakeContext(remainingMs = 10_000): Context {
  const known: Partial<Context> = {
    functionName: 'assess',
    awsRequestId: 'request-1',
    getRemainingTimeInMillis: () => remainingMs,
  };
  return known as Context;
}

function makeHandler<Output>(
  handle: (input: z.output<typeof InputSchema>, tools: HandlerTools<Environment>) => Promise<Output>,
) {
  return fuseHandler({ stem: 'assess', environment: EnvironmentSchema, input: InputSchema, handle });
}

const input = { executionId: 'execution-1', event: { password: 'do-not-log' } };

describe('fuseHandler', () => {
  it('hands the checked input and environment to the behaviour and returns its output', async () => {
    const handler = makeHandler(async (given, { environment }) => ({ given, table: environment.FUSE_TABLE_NAME }));

    const output = await handler(input, fakeContext());

    expect(output).toEqual({ given: input, table: 'audit' });
  });

  it('refuses a broken input by path, rule and value', async () => {
    const handler = makeHandler(async () => 'never');

    const answer = handler({ executionId: 7, event: null }, fakeContext());

    await expect(answer).rejects.toThrow('Input of assess is not valid: executionId: must be string, got 7');
    await expect(answer).rejects.toMatchObject({ name: 'MessageInvalidError' });
  });

  it('refuses a broken environment before anything else', async () => {
    vi.stubEnv('FUSE_TABLE_NAME', 'x');
    const handle = vi.fn(async () => 'never');

    const answer = makeHandler(handle)(input, fakeContext());

    await expect(answer).rejects.toMatchObject({ name: 'EnvironmentInvalidError' });
    expect(handle).not.toHaveBeenCalled();
  });

  it('carries the execution from the first line and never logs the event', async () => {
    const handler = makeHandler(async (_given, { logger }) => logger.info('Started'));

    await handler(input, fakeContext());

    const line = written.find((text) => text.includes('Started')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ message: 'Started', service: 'assess', executionId: 'execution-1' });
    expect(written.join('\n')).not.toContain('do-not-log');
  });

  it('stays silent about the event even when the logger is told to write it', async () => {
    vi.stubEnv('POWERTOOLS_LOGGER_LOG_EVENT', 'true');
    const handler = makeHandler(async () => 'done');

    await handler(input, fakeContext());

    expect(written.join('\n')).not.toContain('do-not-log');
  });

  it('forgets the log keys of the last invocation', async () => {
    const handler = makeHandler(async () => 'done');
    await handler(input, fakeContext());
    written.length = 0;

    const answer = handler({ executionId: 7, event: null }, fakeContext());

    await expect(answer).rejects.toThrow('Input of assess is not valid');
    const line = written.find((text) => text.includes('Function failed'));
    expect(line).not.toContain('execution-1');
  });

  it('rethrows the error of the behaviour with its name, after one log line', async () => {
    const handler = makeHandler(async () => {
      throw new LookupFailedError('Instances not read');
    });

    await expect(handler(input, fakeContext())).rejects.toMatchObject({ name: 'LookupFailedError' });

    const lines = written.filter((text) => text.includes('Function failed'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('Instances not read');
  });

  it.each([
    ['0 when it succeeds', async () => 'done', 0],
    ['1 when it fails', async () => Promise.reject(new LookupFailedError('x')), 1],
  ])('writes the metric failed = %s', async (_title, handle, failed) => {
    await makeHandler(handle)(input, fakeContext()).catch(() => undefined);

    const metric = written.find((text) => text.includes('"failed"')) ?? '{}';
    expect(JSON.parse(metric)).toMatchObject({ service: 'assess', failed });
    expect(metric).toContain('"Namespace":"ConnectionFuse"');
  });

  it('aborts the signal before the function would time out', async () => {
    const handler = makeHandler(
      (_given, { signal }) =>
        new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true })),
    );

    const output = await handler(input, fakeContext(260));

    expect(output).toBe('aborted');
  });
});
