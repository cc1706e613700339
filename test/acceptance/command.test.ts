import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { raiseServer } from '../../lab/play.ts';
import { readScenarios } from '../../lab/scenario.ts';
import { toAttributes } from '../../lambdas/shared/clients/audit-item.ts';
import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { runFuse } from '../cli/run-fuse.ts';
import { startTestLab } from '../start-test-lab.ts';

/** One deployment, cut once; the command is then used on it as an operator would, step after step. */
describe('the fuse command on a deployment', () => {
  let lab: Lab;
  let incidentId = '';
  let before = '';
  const server = 'i-0a000000000000201';
  const fuse = async (...args: string[]) => await runFuse(args, lab.aws.environment);

  beforeAll(async () => {
    lab = await startTestLab({ hosts: 'simulated' });
    const scenario = readScenarios().find(({ name }) => name === 'command-and-control');
    for (const each of scenario?.servers ?? []) await raiseServer(lab, each);
    before = lab.networkOf(server);
  });

  afterAll(async () => await lab.stop());

  it('finds a fresh deployment in shadow mode and arms it', async () => {
    expect((await fuse('mode', '--json')).stdout.trim()).toBe('{"mode":"shadow"}');

    const { stdout, status } = await fuse('mode', 'armed', '--reason', 'test');

    expect({ status, stdout: stdout.trim() }).toEqual({ status: 0, stdout: 'armed' });
  });

  it('names what is cut right now', async () => {
    const event = readScenarios().find(({ name }) => name === 'command-and-control')?.event;
    await lab.trigger(event);

    const { stdout } = await fuse('audit', 'cuts', '--json');

    const cuts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { entry: { incidentId: string; action: string } });
    incidentId = cuts[0]?.entry.incidentId ?? '';
    expect(cuts.map(({ entry }) => entry.action).sort()).toEqual(['kill-connections', 'revoke-security-groups']);
    expect(lab.networkOf(server)).not.toBe(before);
  });

  it('tells at a glance what is cut and how fast it was', async () => {
    const [told, json] = await Promise.all([fuse('status'), fuse('status', '--json')]);

    expect(told.stdout).toMatch(/^mode armed, set by .*: test$/m);
    expect(told.stdout).toMatch(new RegExp(`${incidentId} +contained +cut in \\d+ ms`));
    expect(JSON.parse(json.stdout)).toMatchObject({
      mode: { mode: 'armed', reason: 'test' },
      cuts: [{ servers: [server] }, { servers: [server] }],
      latency: { incidents: 1, cuts: 1, p99Ms: expect.any(Number) },
      budget: { servers: 1 },
    });
  });

  it('says so where the deployment cannot be reached', async () => {
    const { status, stderr, stdout } = await fuse('status', '--stack', 'Elsewhere');

    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('Could not read stack "Elsewhere"');
  });

  it('lists and shows the incident, and what happened to the server', async () => {
    const [list, show, history] = await Promise.all([
      fuse('audit', 'list'),
      fuse('audit', 'show', incidentId, '--json'),
      fuse('audit', 'server', server),
    ]);

    expect(list.stdout).toContain(incidentId);
    expect(show.stdout).toContain('action#revoke-security-groups#c1#1-intended');
    expect(history.stdout.trim()).toBe(incidentId);
  });

  it('proves the record unchanged, and finds an entry that was changed', async () => {
    const unchanged = await fuse('audit', 'verify', incidentId);
    const [entry] = await lab.audit.readSteps({ incidentId, action: 'kill-connections', cohortId: 'c1' });
    const put = async (item: Record<string, unknown> | undefined) =>
      await client.send(
        new PutItemCommand({ TableName: lab.deployment.outputs['TableName'], Item: toAttributes(item as AuditItem) }),
      );
    const client = new DynamoDBClient({
      endpoint: lab.aws.url,
      region: lab.aws.region,
      credentials: { accessKeyId: 'AKIALABATTACKER', secretAccessKey: 'lab' },
    });

    await put({ ...entry, at: '1999-01-01T00:00:00Z' });
    const changed = await fuse('audit', 'verify', incidentId, '--json');
    await put(entry);

    expect(unchanged).toMatchObject({ status: 0, stdout: expect.stringContaining('unchanged') });
    expect(changed).toMatchObject({ status: 1, stdout: expect.stringContaining('was changed') });
  });

  it('restores exactly, and a second time finds nothing left to do', async () => {
    const first = await fuse('restore', incidentId, '--reason', 'false alarm');
    const second = await fuse('restore', incidentId, '--reason', 'again', '--json');

    expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining('undone') });
    expect(lab.networkOf(server)).toBe(before);
    expect(second.status).toBe(0);
    expect((await fuse('audit', 'cuts')).stdout.trim()).toBe('nothing is cut');
  });

  it('starts by hand what no finding says, and refuses when the fuse is off', async () => {
    await fuse('mode', 'off', '--reason', 'test');

    const start = ['--server', server, '--kind', 'ransomware', '--reason', 'ransom note on the share'];
    const { stdout, status } = await fuse('trip', ...start, '--request-id', '4711', '--json');

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, requestId: '4711', outcome: 'refused' });
    expect(lab.networkOf(server)).toBe(before);
  });
});
