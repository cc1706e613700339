import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFuse } from './run-fuse.ts';

const folder = mkdtempSync(join(tmpdir(), 'connection-fuse-cli-'));
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('fuse', () => {
  it.concurrent.each([
    ['no command', [], /No command is given/],
    ['an unknown command', ['cut'], /no command "cut"/],
    ['an unknown option', ['plan', '--evnts', 'x'], /evnts/],
    ['an unknown scenario', ['lab', 'nope'], /no scenario "nope".*\n.*ransomware/],
    ['events that are not there', ['plan', '--events', '/nowhere'], /no file or folder "\/nowhere"/],
    ['no events', ['plan'], /No events are named/],
    ['a restore of nothing', ['restore'], /Nothing is named/],
    ['a restore without a reason', ['restore', 'inc-00000000000000000001'], /wants a reason/],
    ['a start of nothing', ['trip', '--kind', 'ransomware', '--reason', 'x'], /No server is named/],
    ['a start without a kind', ['trip', '--server', 'i-1', '--reason', 'x'], /The trouble is not named/],
    ['a start without a reason', ['trip', '--server', 'i-1', '--kind', 'ransomware'], /wants a reason/],
    ['a start of no kind', ['trip', '--server', 'i-1', '--kind', 'rain', '--reason', 'x'], /kind: must be one of/],
    ['a yes without a reason', ['approve', 'inc-00000000000000000001'], /An answer wants a reason/],
    ['a no without a reason', ['decline', 'inc-00000000000000000001'], /An answer wants a reason/],
    ['an unknown audit verb', ['audit', 'burn'], /no audit verb "burn"/],
    ['a status of no incident at all', ['status', '--limit', '0'], /Option --limit "0" is no such number/],
    ['an unknown mode', ['mode', 'loose', '--reason', 'x'], /Mode "loose" is unknown/],
    ['a mode without a reason', ['mode', 'armed'], /not set without a reason/],
  ])('answers %s with one message, the next step and exit status 1', async (_case, args, message) => {
    const { status, stderr, stdout } = await runFuse(args);

    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(3);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  it('lists its commands', async () => {
    const { status, stdout } = await runFuse(['--help']);

    expect(status).toBe(0);
    const verbs = ['lab', 'plan', 'trip', 'approvals', 'approve', 'decline', 'restore', 'audit', 'policy', 'mode'];
    for (const verb of verbs) expect(stdout).toContain(`\n  ${verb} `);
  });
});

describe('fuse policy check', () => {
  it('accepts the sample policy', async () => {
    const { status, stdout } = await runFuse(['policy', 'check', '--json']);

    expect({ status, result: JSON.parse(stdout) as unknown }).toEqual({
      status: 0,
      result: { file: 'fuse.policy.yaml', ok: true, error: null, remarks: expect.any(Array) },
    });
  });

  it('tells of what may not be meant, and lets it pass', async () => {
    const exception =
      '{ name: scan, servers: { ids: [i-1] }, instead: ask, owner: ada, reason: test, until: 2020-01-01T00:00Z }';
    const path = write('over.yaml', `version: 1\nexceptions: [${exception}]\n`);

    const { status, stdout } = await runFuse(['policy', 'check', path]);

    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^ok .*\n {2}note exceptions\.0: "scan" of "ada" is over since 2020.*\n {2}note profiles\.logistics/,
    );
  });

  it('says path, rule and value of a fault, exit status 1', async () => {
    const path = write('bad.yaml', 'version: 1\nthresholds: { cpuPercent: 900 }\n');

    const { status, stdout } = await runFuse(['policy', 'check', path]);

    expect(status).toBe(1);
    expect(stdout).toMatch(/thresholds\.cpuPercent.*100.*900/);
  });
});

describe('fuse plan', () => {
  let lines: Record<string, unknown>[] = [];
  let status: number | null = null;

  beforeAll(async () => {
    const events = mkdtempSync(join(folder, 'events-'));
    writeFileSync(join(events, 'a-broken.json'), '{');
    writeFileSync(join(events, 'b-unknown.json'), '{"source":"aws.nothing","detail-type":"None"}');
    writeFileSync(
      join(events, 'c-manual.json'),
      JSON.stringify({
        fuse: 'trip',
        requestedBy: 'ada',
        reason: 'ransom note',
        servers: ['i-0a000000000000001'],
        kind: 'ransomware',
        requestId: 'r1',
      }),
    );
    writeFileSync(
      join(events, 'd-quiet.json'),
      JSON.stringify({ source: 'aws.ssm', 'detail-type': 'EC2 Command Status-change Notification', detail: {} }),
    );
    const run = await runFuse(['plan', '--events', events, '--json']);
    lines = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    ({ status } = run);
  });

  it('prints one line a file with the same fields, and says by its status that not all could be read', () => {
    expect(lines.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected', 'incident', 'ignored']);
    for (const line of lines) {
      expect(line).toMatchObject({
        file: expect.any(String),
        servers: expect.any(Array),
        path: expect.any(Array),
        reason: expect.stringMatching(/./),
      });
      expect(line).toHaveProperty('kind');
      expect(line).toHaveProperty('answers');
    }
    expect(status).toBe(1);
  });

  it('walks the flowchart as it would be walked', () => {
    expect(lines[2]).toMatchObject({
      kind: 'ransomware',
      servers: ['i-0a000000000000001'],
      answers: { lifeline: false, spreads: true, coreBusiness: false, securityRisk: true, overloaded: false },
      actions: ['revoke-security-groups c1', 'kill-connections c1'],
    });
    expect(lines[2]?.['path']).toContain('Isolate');
  });
});
