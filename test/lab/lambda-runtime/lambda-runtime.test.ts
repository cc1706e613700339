import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { toAccessKeyId } from '../../../lab/lambda-runtime/function-environment.ts';
import type { FunctionSpec } from '../../../lab/lambda-runtime/function-environment.ts';
import { LambdaRuntime } from '../../../lab/lambda-runtime/lambda-runtime.ts';

// One function with a behaviour per event, so that a single warm process serves most tests.
const code = `
let calls = 0;
exports.handler = async (event, context) => {
  calls += 1;
  if (event.do === 'echo') return { event, calls };
  if (event.do === 'throw') throw Object.assign(new Error('no way in'), { name: 'IsolationError' });
  if (event.do === 'throw text') throw 'just text';
  if (event.do === 'exit') process.exit(3);
  if (event.do === 'hang') await new Promise(() => setTimeout(() => {}, 1e6));
  if (event.do === 'reject aside') { Promise.reject(new Error('aside')); await new Promise(() => setTimeout(() => {}, 1e6)); }
  if (event.do === 'grow') return 'x'.repeat(7 * 1024 * 1024);
  if (event.do === 'log') { console.log('one\\ntwo'); process.stdout.write('no newline'); console.error('trouble'); return null; }
  if (event.do === 'log much') { for (let line = 0; line < 5000; line += 1) console.log('x'.repeat(100)); return null; }
  if (event.do === 'env') return process.env;
  if (event.do === 'context') return { ...context, left: context.getRemainingTimeInMillis() };
  if (event.do === 'circle') { const it = {}; it.it = it; return it; }
  if (event.do === 'wait') { await new Promise((done) => setTimeout(done, 50)); return calls; }
};
exports.callback = (event, context, callback) => callback(null, 1);
`;

describe('lambda runtime', () => {
  let directory: string;
  let runtime: LambdaRuntime;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'connection-fuse-test-'));
    await writeFile(join(directory, 'index.js'), code);
    await writeFile(join(directory, 'broken.js'), "require('left-out')");
    await writeFile(join(directory, 'module.mjs'), 'const x = await 7; export const handler = async () => x;');
    runtime = new LambdaRuntime({ region: 'eu-central-1', endpointUrl: 'http://127.0.0.1:1' });
    await Promise.all(
      [
        spec('many'),
        spec('brief', { timeoutSeconds: 1 }),
        spec('single', { reservedConcurrency: 1 }),
        spec('broken', { handler: 'broken.handler' }),
        spec('nameless', { handler: 'index.missing' }),
        spec('callback', { handler: 'index.callback' }),
        spec('module', { handler: 'module.handler' }),
      ].map(async (deployed) => await runtime.addFunction(deployed)),
    );
  });
  afterAll(async () => {
    await runtime.stop();
    await rm(directory, { recursive: true });
  });

  const spec = (functionName: string, changes: Partial<FunctionSpec> = {}): FunctionSpec => ({
    functionName,
    functionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
    codeDirectory: directory,
    handler: 'index.handler',
    timeoutSeconds: 5,
    memoryMegabytes: 256,
    environment: { FUSE_AUDIT_TABLE_NAME: 'audit' },
    ...changes,
  });
  const invoke = async (name: string, event: unknown) => {
    const outcome = await runtime.invoke(name, JSON.stringify(event));
    return outcome.kind === 'succeeded' ? (JSON.parse(outcome.payload) as unknown) : outcome.error;
  };

  it('serves one request after the other in the same process', async () => {
    await runtime.prewarm(['many']);

    const first = await invoke('many', { do: 'echo' });
    const second = await invoke('arn:aws:lambda:eu-central-1:123456789012:function:many:$LATEST', { do: 'echo' });

    expect([first, second]).toMatchObject([{ calls: 1 }, { calls: 2 }]);
  });

  it('serves requests at the same time in processes of their own', async () => {
    const counts = await Promise.all([invoke('brief', { do: 'wait' }), invoke('brief', { do: 'wait' })]);

    expect(counts).toEqual([1, 1]);
  });

  it('throttles beyond the reserved concurrency', async () => {
    const both = await Promise.allSettled([invoke('single', { do: 'wait' }), invoke('single', { do: 'wait' })]);

    expect(both).toMatchObject([
      { status: 'fulfilled' },
      { reason: { code: 'TooManyRequestsException', status: 429 } },
    ]);
    expect(await invoke('single', { do: 'wait' })).toBe(2);
  });

  it('lets requests wait for one of few processes where the machine is small', async () => {
    const small = new LambdaRuntime({ region: 'eu-central-1', endpointUrl: 'http://127.0.0.1:1', mostProcesses: 2 });
    onTestFinished(async () => await small.stop());
    await small.addFunction(spec('crowd'));

    const outcomes = await Promise.all(Array.from({ length: 6 }, async () => small.invoke('crowd', '{"do":"wait"}')));

    const counts = outcomes.map((outcome) => (outcome.kind === 'succeeded' ? Number(outcome.payload) : outcome.error));
    // Two first requests: two processes, each of which served on.
    expect(counts.filter((count) => count === 1)).toHaveLength(2);
    expect(counts.every((count) => typeof count === 'number')).toBe(true);
  });

  it('hands the place of a process that died to the next request', async () => {
    const small = new LambdaRuntime({ region: 'eu-central-1', endpointUrl: 'http://127.0.0.1:1', mostProcesses: 1 });
    onTestFinished(async () => await small.stop());
    await small.addFunction(spec('lone'));

    const [died, served] = await Promise.all([
      small.invoke('lone', '{"do":"exit"}'),
      small.invoke('lone', '{"do":"wait"}'),
    ]);

    expect([died.kind, served]).toMatchObject(['failed', { kind: 'succeeded', payload: '1' }]);
  });

  it.each([
    ['many', 'throw', { errorType: 'IsolationError', errorMessage: 'no way in', trace: expect.any(Array) }],
    ['many', 'throw text', { errorType: 'string', errorMessage: 'just text', trace: [] }],
    [
      'many',
      'circle',
      { errorType: 'Error', errorMessage: 'Unable to stringify response body', trace: expect.any(Array) },
    ],
    ['many', 'grow', { errorType: 'Function.ResponseSizeTooLarge' }],
    ['many', 'exit', { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/exit status 3$/) }],
    ['many', 'reject aside', { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'aside' }],
    [
      'brief',
      'hang',
      { errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/timed out after 1.00 seconds$/) },
    ],
    ['broken', '', { errorType: 'Runtime.ImportModuleError', errorMessage: expect.stringContaining("'left-out'") }],
    ['nameless', '', { errorType: 'Runtime.HandlerNotFound' }],
    ['callback', '', { errorType: 'Runtime.CallbackHandlerDeprecated' }],
  ])('reports of %s when it does "%s" the error as Lambda does', async (name, behaviour, error) => {
    expect(await invoke(name, { do: behaviour })).toMatchObject(error);
  });

  it('starts afresh after a process has died', async () => {
    await invoke('many', { do: 'exit' });

    expect(await invoke('many', { do: 'echo' })).toMatchObject({ calls: 1 });
  });

  it('loads a module with a top-level await', async () => {
    expect(await invoke('module', {})).toBe(7);
  });

  it('keeps what a request wrote, line by line, under its request id', async () => {
    await invoke('many', { do: 'log' });

    const lines = runtime.linesOf('many').slice(-4);

    expect(lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)).toEqual([
      'one',
      'two',
      'no newline',
    ]);
    expect(lines.find(({ stream }) => stream === 'stderr')?.text).toBe('trouble');
    expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(1);
  });

  it('has read everything a request wrote when the request has ended', async () => {
    const before = runtime.linesOf('many').length;

    await invoke('many', { do: 'log much' });

    expect(runtime.linesOf('many')).toHaveLength(before + 5000);
  });

  it("gives a function the environment of Lambda and nothing of the lab's own", async () => {
    const environment = (await invoke('many', { do: 'env' })) as Record<string, string>;

    expect(environment).toMatchObject({
      FUSE_AUDIT_TABLE_NAME: 'audit',
      AWS_ACCESS_KEY_ID: toAccessKeyId('many'),
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_REGION: 'eu-central-1',
      TZ: ':UTC',
    });
    expect(Object.keys(environment).filter((name) => name.startsWith('VITEST') || name === 'HOME')).toEqual([]);
  });

  it('gives a handler its context with the time that is left', async () => {
    const context = (await invoke('many', { do: 'context' })) as { readonly left: number };

    expect(context).toMatchObject({ functionName: 'many', memoryLimitInMB: '256', functionVersion: '$LATEST' });
    expect(context.left).toBeGreaterThan(0);
    expect(context.left).toBeLessThanOrEqual(5000);
  });

  it.each([
    ['a reserved name', { AWS_REGION: 'x' }],
    ['over 4 KB of values', { BIG: 'x'.repeat(4096) }],
  ])('refuses variables with %s', async (_, environment) => {
    await expect(runtime.addFunction(spec('refused', { environment }))).rejects.toThrow(
      "Could not create function 'refused'",
    );
  });

  it('refuses a request over 6 MB and an unknown function', async () => {
    await expect(invoke('many', 'x'.repeat(6 * 1024 * 1024))).rejects.toMatchObject({
      code: 'RequestTooLargeException',
    });
    await expect(invoke('absent', {})).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });
});
