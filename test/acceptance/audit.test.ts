import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestLines } from '../../cli/commands/audit/export-record.ts';
import { TableReader } from '../../cli/commands/audit/table-reader.ts';
import { verifyRecord } from '../../cli/commands/audit/verify-record.ts';
import type { Verdict } from '../../cli/commands/audit/verify-record.ts';
import type { Lab } from '../../lab/lab.ts';
import { raiseServer } from '../../lab/play.ts';
import { readScenarios } from '../../lab/scenario.ts';
import { toAttributes } from '../../lambdas/shared/clients/audit-item.ts';
import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { sealClosing } from '../../lambdas/shared/seal.ts';
import { runFuse } from '../cli/run-fuse.ts';
import { startTestLab } from '../start-test-lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'connection-fuse-audit-'));
const server = 'i-0a000000000000201';
const anHourAgo = new Date(Date.now() - 3_700_000).toISOString();

/** What somebody does to the table and takes back afterwards. */
interface Tampering {
  readonly put?: readonly AuditItem[];
  readonly remove?: readonly AuditItem[];
}

/** One incident, cut and restored; then somebody with all rights on the table has a go at its record. */
describe('the audit of a deployment', () => {
  let lab: Lab;
  let record: readonly AuditItem[] = [];
  let incidentId = '';
  let client: DynamoDBClient;
  const fuse = async (...args: string[]) => await runFuse(['audit', ...args], lab.aws.environment);
  const find = (prefix: string) => record.find(({ sk }) => sk.startsWith(prefix)) as AuditItem;
  const put = async (item: AuditItem) =>
    await client.send(new PutItemCommand({ TableName: lab.deployment.outputs['TableName'], Item: toAttributes(item) }));
  const verifyAll = async (): Promise<Verdict[]> => {
    const items = await new TableReader(client, lab.deployment.outputs['TableName'] ?? '').readAll();
    return verifyRecord(items, { now: new Date().toISOString(), maxClockOffsetMs: 60_000 });
  };
  const whileTampered = async <Seen>(tampering: Tampering, look: () => Promise<Seen>): Promise<Seen> => {
    const { put: added = [], remove: removed = [] } = tampering;
    await Promise.all([...added.map(put), ...removed.map(remove)]);
    try {
      return await look();
    } finally {
      await Promise.all(added.map(remove));
      await Promise.all(record.map(put));
    }
  };
  const readLogs = () =>
    lab.deployment
      .logicalIdsOf('AWS::Lambda::Function')
      .flatMap((id) => lab.aws.lambda.linesOf(lab.deployment.physicalIdOf(id)))
      .map(({ text }) => text)
      .join('\n');
  const remove = async ({ pk, sk }: AuditItem) =>
    await client.send(
      new DeleteItemCommand({ TableName: lab.deployment.outputs['TableName'], Key: { pk: { S: pk }, sk: { S: sk } } }),
    );

  beforeAll(async () => {
    lab = await startTestLab({ hosts: 'simulated' });
    const credentials = { accessKeyId: 'AKIALABATTACKER', secretAccessKey: 'lab' };
    client = new DynamoDBClient({ endpoint: lab.aws.url, region: lab.aws.region, credentials });
    const scenario = readScenarios().find(({ name }) => name === 'command-and-control');
    for (const each of scenario?.servers ?? []) await raiseServer(lab, each);
    await lab.setMode('armed');
    await lab.trigger(scenario?.event);
    await lab.trigger(scenario?.event);
    [incidentId = ''] = await lab.audit.listIncidentsOf(server);
    await lab.restore({ incidentId, requestedBy: 'ada', reason: 'false alarm' });
    record = await lab.audit.readIncident(incidentId);
  });

  afterAll(async () => {
    client.destroy();
    rmSync(folder, { recursive: true, force: true });
    await lab.stop();
  });

  it('knows in every entry how far its clock was off', () => {
    const kinds = new Set(record.map(({ sk }) => sk.split('#')[0] ?? ''));
    const clocks = record.map(({ sk, clock }) => ({ sk, ...(clock as { offsetMs: number; withinMs: number }) }));

    expect(kinds).toEqual(new Set(['action', 'closed', 'opened', 'repeated', 'restored']));
    // The lab's clock is the functions' own: the true offset is none.
    for (const { sk, offsetMs, withinMs } of clocks) {
      expect({ sk, isWithin: Math.abs(offsetMs) <= withinMs, isKnown: withinMs < 3000 }).toEqual({
        sk,
        isWithin: true,
        isKnown: true,
      });
    }
  });

  it('chains the seals, and leaves each on the bus and in the log of its function', () => {
    const [closed, restored] = [find('closed#'), find('restored#')];
    const details = lab.aws.events.events.map(({ event }) => event.detail);

    expect([closed['previousSeal'], restored['previousSeal']]).toEqual([null, closed['seal']]);
    expect(details.some(({ seal }) => seal === closed['seal'])).toBe(true);
    expect(details.map(({ seals }) => seals)).toContainEqual([{ incidentId, seal: restored['seal'] }]);
    for (const { seal } of [closed, restored]) expect(readLogs()).toContain(String(seal));
  });

  it('is proven unchanged, as a whole and by the seal of an outcome event', async () => {
    const all = await fuse('verify');
    const one = await fuse('verify', incidentId, '--seal', String(find('closed#')['seal']));
    const other = await fuse('verify', incidentId, '--seal', 'f'.repeat(64));

    expect(all).toMatchObject({ status: 0, stdout: expect.stringContaining('1 unchanged; 2 seals checked') });
    expect(one.status).toBe(0);
    expect(other).toMatchObject({ status: 1, stdout: expect.stringContaining('No closing carries seal') });
  });

  it.each<[string, string, () => Tampering, RegExp]>([
    ['a changed entry', 'broken', () => ({ put: [{ ...find('action#'), at: anHourAgo }] }), /was changed/],
    [
      'a changed outcome',
      'broken',
      () => ({ put: [{ ...find('restored#'), outcome: 'x' }] }),
      /"restored#.*was changed/,
    ],
    ['a missing entry', 'broken', () => ({ remove: [find('action#')] }), /"action#.*is missing/],
    ['a missing closing', 'broken', () => ({ remove: [find('closed#')] }), /chain is broken/],
    [
      'a closing that was forged with a seal that fits',
      'broken',
      () => {
        const { seal: _seal, sealedKeys: _keys, sealedDigests: _digests, ...own } = find('closed#');
        return { put: [sealClosing({ ...own, outcome: 'observed' }, [find('opened#')])] };
      },
      /chain is broken/,
    ],
    [
      'an opening under a sealed range',
      'broken',
      () => ({ put: [{ ...find('opened#'), sk: 'opened#02', openedAt: anHourAgo }] }),
      /"opened#02" was inserted/,
    ],
    [
      'a former state under a sealed range',
      'broken',
      () => ({ put: [{ ...find('action#'), sk: 'action#kill-connections#c9#1-intended', at: anHourAgo }] }),
      /c9#1-intended" was inserted/,
    ],
    [
      'an incident without closing',
      'unsealed',
      () => ({
        put: [{ ...find('opened#'), openedAt: anHourAgo }],
        remove: record.filter(({ sk }) => !sk.startsWith('opened#')),
      }),
      /"opened#01".*under no seal/,
    ],
    [
      'an incident that is gone',
      'broken',
      () => ({
        put: [{ pk: `server#${server}`, sk: `incident#${incidentId}`, incidentId, openedAt: anHourAgo }],
        remove: [...record],
      }),
      /whole incident is missing/,
    ],
  ])('finds %s', async (_, status, tamper, fault) => {
    const [verdict] = await whileTampered(tamper(), verifyAll);

    expect(verdict?.status).toBe(status);
    expect(verdict?.faults.join('\n')).toMatch(fault);
    expect((await verifyAll()).map((each) => each.status)).toEqual(['unchanged']);
  });

  it('ends red when something is broken', async () => {
    const run = await whileTampered({ remove: [find('opened#')] }, async () => await fuse('verify', '--json'));

    expect(run.status).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ incidentId, status: 'broken', ok: false, seals: 2 });
  });

  it('warns of a clock that was off, and breaks nothing by it', async () => {
    const { status, stdout } = await fuse('verify', '--max-clock-offset-ms', '0');

    expect(status).toBe(0);
    expect(stdout).toMatch(/look Clock of "opened#01" may be over 0 ms off/);
  });

  it('is exported once, and proven by the export alone', async () => {
    const file = join(folder, 'all.jsonl');
    const first = await fuse('export', '--out', file);
    const second = await fuse('export', '--out', file);
    const verified = await runFuse(['audit', 'verify', '--file', file]);

    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect([first.status, second.status, verified.status]).toEqual([0, 1, 0]);
    expect(second.stderr).toContain('it is there already');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'export-digest', items: lines.length - 1 });
    expect(lines.slice(0, -1).filter((line) => line.includes(`"pk":"incident#${incidentId}"`))).toHaveLength(
      record.length,
    );
    expect(verified.stdout).toMatch(/checked: \d+ items against the digest/);
  });

  it('finds in an export what was changed in it, also with a new digest', async () => {
    const file = join(folder, 'changed.jsonl');
    const { stdout } = await fuse('export', '--incident', incidentId);
    const lines = stdout.replace('"outcome":"contained"', '"outcome":"observed"').trim().split('\n');
    const digest = JSON.parse(lines.at(-1) ?? '') as object;
    const anew = { ...digest, sha256: digestLines(lines.slice(0, -1)) };
    writeFileSync(file, [...lines.slice(0, -1), JSON.stringify(anew), ''].join('\n'));

    const { status, stdout: said } = await runFuse(['audit', 'verify', '--file', file]);

    expect(status).toBe(1);
    expect(said).toMatch(/^broken inc-.*\n {2}Entry "closed#01" was changed\n/);
  });

  it('exports a rejected event with the range it came in, and no incident of another', async () => {
    await lab.trigger({ fuse: 'trip' });
    const since = new Date(Date.parse(String(find('restored#')['at'])) + 1).toISOString();

    const { stdout } = await fuse('export', '--since', since);

    const keys = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as AuditItem).pk?.split('#')[0]);
    // The counter of the budget says no time, so it is never left out.
    expect(keys).toEqual(['budget', 'rejected', undefined]);
  });

  it('lists each incident with its outcomes, and shows who, why, what and when', async () => {
    const list = await fuse('list');
    const show = await fuse('show', incidentId);

    expect(list.stdout).toMatch(new RegExp(`${incidentId}  contained, restored  `));
    for (const part of [
      /who {3}event of guardduty/,
      /yes securityRisk: /,
      /groups: \[sg-.*\] -> \[sg-/,
      /by ada: "false alarm"/,
    ]) {
      expect(show.stdout).toMatch(part);
    }
  });

  it('refuses what it cannot do, with the next step', async () => {
    const runs = await Promise.all(
      [
        ['export', '--since', '2026-05-06T07:00'],
        ['export', '--incident', 'inc-0'],
        ['export', '--incident', 'inc-0', '--until', '2026-05-06'],
        ['verify', '--file', join(folder, 'none')],
      ].map(async (args) => await fuse(...args)),
    );

    expect(runs.map(({ status, stdout }) => ({ status, stdout }))).toEqual(runs.map(() => ({ status: 1, stdout: '' })));
    const wanted = [/is not ISO 8601/, /no incident "inc-0"/, /name one only/, /no export/];
    for (const [index, message] of wanted.entries()) expect(runs[index]?.stderr).toMatch(message);
  });
});
