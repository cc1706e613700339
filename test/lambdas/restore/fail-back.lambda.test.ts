import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeNetworkInterfacesCommand, ModifyNetworkInterfaceAttributeCommand } from '@aws-sdk/client-ec2';
import type { Context } from 'aws-lambda';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { handler } from '../../../lambdas/restore/restore.lambda.ts';
import type { EntryKey, UndoResult } from '../../../lambdas/shared/contracts/restoring.ts';
import { buildAssessment, buildIncident } from '../../builders/action-request.ts';
import { primary, standby } from '../../builders/fail-over-means.ts';
import { FailOverRun } from '../../builders/fail-over-run.ts';

// Powertools writes through the global console only in this mode, and looks for it while the functions load.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_DEV', 'true'));

const context = { awsRequestId: 'request', functionName: 'test', getRemainingTimeInMillis: () => 30_000 } as Context;
const other = 'inc-00000000000000000009';
const network = 'revoke-security-groups';
const [former, quarantine, strange] = [['sg-1'], ['sg-2'], ['sg-3']];

describe('the function restore, on the way back from a standby', () => {
  let run: FailOverRun;
  let groups: string[];

  beforeEach(async () => {
    run = await FailOverRun.start('elastic-ip');
    const { table } = run;
    vi.spyOn(DynamoDBClient.prototype, 'send').mockImplementation(((command: never) =>
      table.client.send(command)) as never);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('FUSE_TABLE_NAME', 'audit');
    vi.stubEnv('FUSE_BUS_NAME', 'bus');
    vi.stubEnv('FUSE_UNDO_DOCUMENTS', '{}');
    for (const word of ['info', 'error', 'log'] as const) vi.spyOn(console, word).mockReturnValue();
    await open(run.keyOf().incidentId);
    await open(other);
    groups = quarantine;
    run.world.ec2
      .on(DescribeNetworkInterfacesCommand)
      .callsFake(() => ({
        NetworkInterfaces: [{ NetworkInterfaceId: 'eni-1', Groups: groups.map((GroupId) => ({ GroupId })) }],
      }))
      .on(ModifyNetworkInterfaceAttributeCommand)
      .callsFake(({ Groups }: { Groups: string[] }) => void (groups = Groups));
    await cut(run.keyOf().incidentId, '2026-05-06T07:05:32.000Z');
    await run.failOver();
  });

  async function open(id: string): Promise<void> {
    const incident = buildIncident({ id });
    await run.table.audit.openIncident({ incident, assessment: buildAssessment({ incident }), now: 'now' });
  }

  /** What the network half of an incident leaves in the table. */
  async function cut(incidentId: string, at: string): Promise<void> {
    const entry: EntryKey = { incidentId, action: network, cohortId: 'c1' };
    const before = { kind: 'interface', groups: former, vpcId: 'vpc-1', deviceIndex: 0, networkCardIndex: 0 };
    const changes = [{ target: 'eni-1', server: primary, before, intended: { groups: quarantine } }];
    await run.table.audit.putStep(entry, '1-intended', { changes, leftAlone: [], unable: [], mode: 'armed', at });
    const targets = changes.map(({ target, server }) => ({ target, server }));
    await run.table.audit.putCut({ entry, since: at, expiresAt: null, targets, inherited: [] });
  }

  /** A whole restore, as its state machine runs it. */
  async function restoreAll(named: object): Promise<string[]> {
    const request = { ...named, requestedBy: 'ada', reason: 'mended' };
    const { entries } = (await handler({ step: 'find-entries', request }, context)) as { entries: EntryKey[] };
    const ends: string[] = [];
    for (const entry of entries) {
      const { status, summary } = (await handler({ step: 'undo-entry', request, entry }, context)) as UndoResult;
      ends.push(`${entry.action} ${status}: ${summary}`);
    }
    return ends;
  }

  it('brings network and traffic back in one restore', async () => {
    const { incidentId } = run.keyOf();
    expect(run.world.state.address).toBe(standby);

    expect(await restoreAll({ incidentId })).toMatchObject([
      expect.stringMatching(/^revoke-security-groups undone/),
      expect.stringMatching(/^fail-over undone/),
    ]);
    expect(groups).toEqual(former);
    expect(run.world.state.address).toBe(primary);
    expect(await run.table.audit.listCuts()).toEqual([]);
  });

  it('leaves the traffic with the standby while the network of the same incident stays cut', async () => {
    const { incidentId } = run.keyOf();

    const [end] = await restoreAll({ incidentId, action: 'fail-over' });

    expect(end).toContain(`fail-over failed`);
    expect(end).toContain(`"${primary}" is cut right now by "${network}" of incident "${incidentId}"`);
    expect(run.world.state.address).toBe(standby);
  });

  it('leaves the traffic with the standby where somebody changed the network of the cut server', async () => {
    groups = strange;

    const ends = await restoreAll({ incidentId: run.keyOf().incidentId });

    expect(ends).toMatchObject([expect.stringContaining('drifted'), expect.stringContaining('fail-over failed')]);
    expect(run.world.state.address).toBe(standby);
  });

  it('leaves the traffic with the standby while another incident holds the server, and goes back after that one', async () => {
    await cut(other, '2026-05-06T07:00:00.000Z');
    const { incidentId } = run.keyOf();

    const held = await restoreAll({ incidentId });
    await restoreAll({ incidentId: other });
    const free = await restoreAll({ incidentId });

    expect(held).toMatchObject([expect.stringContaining('kept'), expect.stringContaining('fail-over failed')]);
    expect(held.at(-1)).toContain(`incident "${other}"`);
    expect(free.at(-1)).toContain('fail-over undone');
    expect(run.world.state.address).toBe(primary);
  });
});
