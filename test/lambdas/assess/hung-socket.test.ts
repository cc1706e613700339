import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readFixture } from '../../builders/events.ts';
import { renderPolicy } from '../../builders/policy.ts';

const instance = `<reservationSet><item><instancesSet><item><instanceId>i-0b0c0d0e0f00000a1</instanceId>
  <instanceState><name>running</name></instanceState></item></instancesSet></item></reservationSet>`;
const bodies: Readonly<Record<string, string>> = {
  DescribeInstances: `<DescribeInstancesResponse>${instance}</DescribeInstancesResponse>`,
  DescribeNetworkInterfaces: '<DescribeNetworkInterfacesResponse/>',
};

/** How often each operation was called; the first call of each never gets an answer. */
const counts = new Map<string, number>();
const folder = mkdtempSync(join(tmpdir(), 'fuse-hung-'));
let server: Server;

async function readOperation(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += String(part);
  const target = request.headers['x-amz-target'];
  const item = /"sk":\{"S":"([a-z]+)/.exec(body)?.[1] ?? '';
  return target === undefined
    ? (new URLSearchParams(body).get('Action') ?? '')
    : `${String(target).split('.').at(-1)} ${item}`;
}

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const operation = await readOperation(request);
    const count = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, count);
    if (count === 1) return;
    response.end(bodies[operation] ?? '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  writeFileSync(join(folder, 'policy.json'), renderPolicy());
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('FUSE_TABLE_NAME', 'audit');
  vi.stubEnv('FUSE_ACCOUNT_ID', '123456789012');
  vi.stubEnv('LAMBDA_TASK_ROOT', folder);
  for (const level of ['info', 'log', 'error', 'warn'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
});

afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

describe('assess.lambda on sockets that hang', () => {
  it('gives every first call up and answers by the second', async () => {
    const { handler } = await import('../../../lambdas/assess/assess.lambda.ts');
    const event = readFixture('guardduty-command-and-control');
    const context = { functionName: 'assess', awsRequestId: 'r1', getRemainingTimeInMillis: () => 10_000 } as Context;

    const assessment = await handler({ event, receivedAt: '2026-05-06T07:08:09Z', executionId: 'e1' }, context);

    expect(assessment).toMatchObject({ outcome: 'incident', cohorts: [{ answers: { securityRisk: true } }] });
    expect(Object.fromEntries(counts)).toMatchObject({
      DescribeInstances: 2,
      DescribeNetworkInterfaces: 2,
      'Query ': 2,
      'PutItem opened': 2,
      'UpdateItem ': 2,
    });
  });
});
