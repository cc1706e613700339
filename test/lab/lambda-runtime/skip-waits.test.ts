import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LambdaRuntime } from '../../../lab/lambda-runtime/lambda-runtime.ts';

const code = `
const http = require('node:http');
const { setTimeout: sleep } = require('node:timers/promises');
const ask = (port) => new Promise((done) => http.request({ port }, (answer) => answer.resume().on('end', () => done('answer'))).end());
exports.handler = async (event, context) => {
  const startedAt = Date.now();
  const order = [];
  if (event.do === 'sleep') { await sleep(2000); await sleep(2000); return { passed: Date.now() - startedAt, left: context.getRemainingTimeInMillis() }; }
  if (event.do === 'time') return new Date().getTime();
  if (event.do === 'order') {
    const late = new Promise((done) => setTimeout(() => done(order.push('2 s')), 2000));
    const early = new Promise((done) => setTimeout((word) => done(order.push(word)), 1000, '1 s'));
    const gone = setTimeout(() => order.push('cleared'), 500);
    clearTimeout(gone);
    await Promise.all([late, early]);
    return order;
  }
  if (event.do === 'ask') { const nap = sleep(2900).then(() => 'nap'); return await Promise.race([nap, ask(event.port)]); }
  if (event.do === 'guard') { const guard = setTimeout(() => order.push('guard'), 4000); await sleep(1000); clearTimeout(guard); return order; }
  if (event.do === 'for ever') for (;;) await sleep(1000);
};
`;

describe('a function whose waits are skipped', () => {
  let directory: string;
  let runtime: LambdaRuntime;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'connection-fuse-test-'));
    await writeFile(join(directory, 'index.js'), code);
    const props = { region: 'us-east-1', endpointUrl: 'http://127.0.0.1:1' };
    runtime = new LambdaRuntime({ ...props, skipsWaits: true });
    await runtime.addFunction({
      functionName: 'sleeper',
      functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:sleeper',
      codeDirectory: directory,
      handler: 'index.handler',
      timeoutSeconds: 60,
      memoryMegabytes: 256,
      environment: {},
    });
  });
  afterAll(async () => {
    await runtime.stop();
    await rm(directory, { recursive: true });
  });

  const invoke = async (event: unknown): Promise<unknown> => {
    const outcome = await runtime.invoke('sleeper', JSON.stringify(event));
    return outcome.kind === 'succeeded' ? (JSON.parse(outcome.payload) as unknown) : outcome.error;
  };

  it('sees the time gone that it slept', async () => {
    const seen = (await invoke({ do: 'sleep' })) as { readonly passed: number; readonly left: number };

    expect(seen.passed).toBeGreaterThanOrEqual(4000);
    expect(seen.left).toBeLessThanOrEqual(56_000);
  });

  it('wakes in the order of its sleeps', async () => {
    expect(await invoke({ do: 'order' })).toEqual(['1 s', '2 s']);
  });

  it('skips nothing while a request is under way', async () => {
    const server = createServer((_, response) => void setTimeout(() => response.end(), 30));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

    const first = await invoke({ do: 'ask', port: (server.address() as AddressInfo).port });
    server.close();

    expect(first).toBe('answer');
  });

  it('never skips to a guard', async () => {
    expect(await invoke({ do: 'guard' })).toEqual([]);
  });

  it('is ended at its time-out, as Lambda would', async () => {
    expect(await invoke({ do: 'for ever' })).toMatchObject({ errorType: 'Sandbox.Timedout' });
  });

  it('hands its time on to the process after it', async () => {
    const before = (await invoke({ do: 'time' })) as number;
    runtime.skipTime(331_000);

    const after = (await invoke({ do: 'time' })) as number;

    expect(after - before).toBeGreaterThanOrEqual(331_000);
  });
});
