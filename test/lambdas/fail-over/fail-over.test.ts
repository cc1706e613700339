import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import type { FailOver } from '../../../lambdas/shared/policy/fail-over-schema.ts';
import { means, primary, standby } from '../../builders/fail-over-means.ts';
import { FailOverRun } from '../../builders/fail-over-run.ts';

const all = Object.keys(means) as FailOver['by'][];
const later = '2026-05-06T09:00:00.000Z';
const intended = 'PutItem incident#inc-00000000000000000001 action#fail-over#c1#1-intended';

describe.each(all)('a fail-over by %s', (by) => {
  it('writes the former routing down before its first call', async () => {
    const run = await FailOverRun.start(by);

    const outcome = await run.failOver();

    const { calls } = run.table;
    expect(outcome).toMatchObject({ status: 'verified', counts: { planned: 1, verified: 1, connectionsCut: 0 } });
    expect(calls.indexOf(intended)).toBeLessThan(calls.indexOf(run.world.calls[0] ?? ''));
    expect(calls).toContain(intended);
    expect(run.steps()).toEqual(['1-intended', '2-applied', '3-verified']);
  });

  it.each([
    ['shadow', 'planned'],
    ['off', 'refused'],
  ] as const)('changes nothing while the fuse is %s', async (mode, status) => {
    const run = await FailOverRun.start(by, mode);

    expect(await run.failOver()).toMatchObject({ status });

    expect(run.world.calls).toEqual([]);
  });

  it('never touches a lifeline', async () => {
    const run = await FailOverRun.start(by);
    run.world.tag(primary, { lifeline: 'clearing' });

    expect(await run.failOver()).toMatchObject({
      status: 'refused',
      summary: expect.stringContaining('Lifeline') as string,
    });

    expect(run.world.calls).toEqual([]);
  });

  it('leads away from a server that is gone: that one needs it most', async () => {
    const run = await FailOverRun.start(by);
    const gone = { InstanceId: primary, State: { Name: 'terminated' as const } };
    const found = {
      InstanceId: standby,
      State: { Name: 'running' as const },
      NetworkInterfaces: [
        {
          NetworkInterfaceId: standby.replace('i-', 'eni-'),
          PrivateIpAddress: '10.0.0.1',
          Attachment: { DeviceIndex: 0 },
        },
      ],
    };
    run.world.ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [gone, found] }] });

    run.table.onCall = (call) => {
      if (call.endsWith('2-applied')) throw new Error('the process died');
    };
    await run.failOver().catch(() => undefined);
    run.table.onCall = () => undefined;

    // A second try reads it from the record that the server is not what is cut.
    expect(await run.failOver()).toMatchObject({ status: 'verified' });
  });

  it('says that there is no standby, and looks anew when it is asked again', async () => {
    const run = await FailOverRun.start(by);
    run.world.breakStandby();

    const first = await run.failOver();
    run.world.ill.clear();
    const second = await run.failOver();

    expect(first).toMatchObject({ status: 'no-standby', summary: expect.stringContaining('No standby for') as string });
    expect(second).toMatchObject({ status: 'verified' });
    expect(await run.failOver()).toEqual(second);
  });

  it('is failed, never verified, when it is not seen in time', async () => {
    const run = await FailOverRun.start(by);
    run.world.isDeaf = true;

    expect(await run.failOver()).toMatchObject({ status: 'failed', counts: { planned: 1, verified: 0, failed: 1 } });
  });

  it('fails back by restore, once', async () => {
    const run = await FailOverRun.start(by);
    await run.failOver();
    run.clock = later;

    expect(await run.failBack()).toMatchObject({ status: 'undone' });
    const { length } = run.world.calls;
    expect(await run.failBack()).toMatchObject({ status: 'already-undone' });

    expect(run.world.calls).toHaveLength(length);
    expect(await run.table.audit.listCuts()).toEqual([]);
  });

  it.each(['3-verified', '2-applied', intended])('can be failed back when it died writing %s', async (step) => {
    const run = await FailOverRun.start(by);
    run.table.onCall = (call) => {
      if (call.endsWith(step)) throw new Error('the process died');
    };
    await run.failOver().catch(() => undefined);
    run.table.onCall = () => undefined;
    run.clock = later;

    const { status } = await run.failBack();

    expect(status).toBe(step === intended ? 'already-undone' : 'undone');
    expect((await run.planNow()).changes).toHaveLength(1);
  });
});

describe('a fail-over', () => {
  it('never expires, though the cut beside it may: no clock leads customers back', async () => {
    const run = await FailOverRun.start('elastic-ip');

    await run.failOver();

    expect(await run.table.audit.listCuts()).toMatchObject([{ entry: { action: 'fail-over' }, expiresAt: null }]);
  });

  it('is not undone beside a run that may still wait for its standby', async () => {
    const run = await FailOverRun.start('elastic-ip');
    run.table.onCall = (call) => {
      if (call.endsWith('2-applied')) throw new Error('the process died');
    };
    await run.failOver().catch(() => undefined);
    run.table.onCall = () => undefined;
    run.clock = '2026-05-06T07:16:00.000Z';

    expect(await run.failBack()).toMatchObject({
      status: 'refused',
      summary: expect.stringContaining('try again in 62 s') as string,
    });
  });

  it('is drifted when somebody led the traffic elsewhere', async () => {
    const run = await FailOverRun.start('elastic-ip');
    await run.failOver();
    run.world.state.address = 'i-000000000000000f1';
    run.clock = later;

    expect(await run.failBack()).toMatchObject({ status: 'drifted' });
    expect(run.world.calls).toEqual(['AssociateAddress']);
  });

  it.each(['target-group-weights', 'target-group-members', 'elastic-ip'] as const)(
    'stays on the standby while the former path of %s is broken, and goes back when it is mended',
    async (by) => {
      const run = await FailOverRun.start(by);
      await run.failOver();
      const { length } = run.world.calls;
      run.world.ill.add(primary);
      run.clock = later;

      const broken = await run.failBack();
      const callsMeanwhile = run.world.calls.length - length;
      run.world.ill.clear();

      expect(broken).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('Stays on the standby') as string,
      });
      expect(callsMeanwhile).toBe(0);
      expect(await run.failBack()).toMatchObject({ status: 'undone' });
    },
  );

  it('goes back only half way where the members got only half way', async () => {
    const run = await FailOverRun.start('target-group-members');
    const former = structuredClone(run.world.state.targets);
    run.world.onCall = (name) => {
      if (name === 'DeregisterTargets') throw Object.assign(new Error('not yours'), { name: 'AccessDenied' });
    };
    expect(await run.failOver()).toMatchObject({ status: 'failed' });
    run.world.onCall = () => undefined;
    run.clock = later;

    expect(await run.failBack()).toMatchObject({ status: 'undone' });
    expect(run.world.state.targets).toEqual(former);
  });

  it('takes nobody out of a group before a standby is healthy in it', async () => {
    const run = await FailOverRun.start('target-group-members');
    run.world.onCall = (name) => {
      // Well as a server, and never healthy for the load balancer.
      if (name === 'RegisterTargets') run.world.ill.add(standby);
    };

    expect(await run.failOver()).toMatchObject({
      status: 'failed',
      remarks: expect.arrayContaining([
        { target: expect.any(String) as string, reason: expect.stringContaining('Nobody was taken out') as string },
      ]) as unknown[],
    });

    expect(run.world.calls).toEqual(['RegisterTargets']);
  });

  it('waits for the record to arrive everywhere', async () => {
    const run = await FailOverRun.start('route53-record');
    run.world.state.changeStatus = 'PENDING';

    expect(await run.failOver()).toMatchObject({ status: 'failed' });
  });

  it('holds while a second incident builds on it: the later one goes first', async () => {
    const run = await FailOverRun.start('target-group-members');
    const other = 'i-000000000000000a2';
    run.world.state.targets[
      means['target-group-members'].by === 'target-group-members' ? means['target-group-members'].targetGroup : ''
    ]?.push({ Id: other, Port: 8080 });
    const former = structuredClone(run.world.state.targets);
    await run.failOver(1);
    run.clock = '2026-05-06T07:06:00.000Z';
    await run.failOver(2, [other]);
    run.clock = later;

    expect(await run.failBack(1)).toMatchObject({ status: 'refused' });
    expect(await run.failBack(2)).toMatchObject({ status: 'kept' });
    expect(await run.failBack(1)).toMatchObject({ status: 'undone' });
    const idsOf = (targets: typeof former) =>
      Object.values(targets).map((some) => some.map(({ Id = '' }) => Id).sort());
    expect(idsOf(run.world.state.targets)).toEqual(idsOf(former));
  });
});
