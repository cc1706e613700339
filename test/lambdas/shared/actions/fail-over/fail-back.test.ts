import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../../../lambdas/shared/actions/action.ts';
import type { FailOver } from '../../../../../lambdas/shared/policy/fail-over-schema.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { means, primary, standby } from '../../../../builders/fail-over-means.ts';
import { FailOverWorld } from '../../../../builders/fail-over-world.ts';
import { buildPolicy } from '../../../../builders/policy.ts';
import { letThrough } from '../../../../builders/let-through.ts';

const other = 'inc-00000000000000000009';

let world: FailOverWorld;
beforeEach(() => {
  world = new FailOverWorld();
});

/** Everything that was switched; the calls of it are forgotten. */
async function switchOver(by: FailOver['by']): Promise<readonly Change[]> {
  const context = {
    incident: buildIncident(),
    cohort: buildCohort({ service: 'orders', servers: [primary] }),
    policy: buildPolicy({ services: [{ name: 'orders', coreBusiness: true, failOver: means[by] }] }),
  };
  const action = world.action();
  const { changes } = await action.plan(context);
  await action.apply(changes, context, letThrough);
  world.calls.length = 0;
  return changes;
}

function cutOf(server: string, action = 'revoke-security-groups') {
  const entry = { incidentId: other, action, cohortId: 'c1' };
  return {
    entry,
    since: '2026-05-06T07:00:00Z',
    expiresAt: null,
    targets: [{ target: 'eni-1', server }],
    inherited: [],
  };
}

const toServers = [
  'target-group-weights',
  'target-group-members',
  'elastic-ip',
  'route53-record',
  'auto-scaling-standby',
] as const;

describe.each(toServers)('failing back by %s', (by) => {
  it('leads nobody to a server that is cut, says by which incident, and goes back once it is free', async () => {
    const changes = await switchOver(by);
    world.cuts = [cutOf(primary)];

    const cut = await world.action().undo(changes, new Map());
    const callsMeanwhile = [...world.calls];
    world.cuts = [];
    const free = await world.action().undo(changes, new Map());

    const words = `"${primary}" is cut right now by "revoke-security-groups" of incident "${other}"`;
    expect(cut).toMatchObject([{ status: 'failed', reason: expect.stringContaining(words) as string }]);
    expect(callsMeanwhile).toEqual([]);
    expect(free).toMatchObject([{ status: 'undone' }]);
  });

  it('does not go back when it cannot read what is cut', async () => {
    const changes = await switchOver(by);
    Object.defineProperty(world, 'cuts', {
      get: () => {
        throw Object.assign(new Error('not yours'), { name: 'AccessDenied' });
      },
    });

    const undoings = await world.action().undo(changes, new Map());

    expect(undoings).toMatchObject([{ status: 'failed', reason: expect.stringContaining('not yours') as string }]);
    expect(world.calls).toEqual([]);
  });
});

describe('failing back', () => {
  it.each(['revoke-security-groups', 'kill-connections', 'stop-service', 'hold-task', 'shed-connections'])(
    'waits for a server that %s holds',
    async (action) => {
      const changes = await switchOver('elastic-ip');
      world.cuts = [cutOf(primary, action)];

      expect(await world.action().undo(changes, new Map())).toMatchObject([{ status: 'failed' }]);
    },
  );

  it.each(['fail-over', 'resync-clock', 'kill-sessions'])(
    'is not held up by %s, which keeps nobody away',
    async (action) => {
      const changes = await switchOver('elastic-ip');
      world.cuts = [cutOf(primary, action)];

      expect(await world.action().undo(changes, new Map())).toMatchObject([{ status: 'undone' }]);
    },
  );

  it('is not held up by a cut of the standby, which it leaves', async () => {
    const changes = await switchOver('elastic-ip');
    world.cuts = [cutOf(standby)];

    expect(await world.action().undo(changes, new Map())).toMatchObject([{ status: 'undone' }]);
  });

  it('sees a cut that comes while it waits for the server to be healthy', async () => {
    const changes = await switchOver('elastic-ip');
    world.ill.add(primary);
    const { sleep } = world.timing;
    world.timing.sleep = async (milliseconds) => {
      world.ill.clear();
      world.cuts = [cutOf(primary)];
      return sleep(milliseconds);
    };

    const undoings = await world.action().undo(changes, new Map());

    expect(undoings).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('is cut right now') as string },
    ]);
    expect(world.calls).toEqual([]);
  });

  it('does not wait for a cut to pass', async () => {
    const changes = await switchOver('elastic-ip');
    world.cuts = [cutOf(primary)];

    await world.action().undo(changes, new Map());

    expect(world.clockMs).toBe(0);
  });

  it.each(['EnteringStandby', 'Pending', 'Pending:Wait'])('waits for a server that is %s', async (lifecycle) => {
    const changes = await switchOver('auto-scaling-standby');
    const settled = lifecycle === 'EnteringStandby' ? 'Standby' : 'InService';
    world.state.lifecycles[primary] = lifecycle;
    const { sleep } = world.timing;
    world.timing.sleep = async (milliseconds) => {
      if (world.clockMs >= 10_000) world.state.lifecycles[primary] = settled;
      return sleep(milliseconds);
    };

    const undoings = await world.action().undo(changes, new Map());

    expect(undoings).toMatchObject([{ status: settled === 'Standby' ? 'undone' : 'already-undone' }]);
    expect(world.state.lifecycles[primary]).toBe('InService');
    expect(world.calls).toEqual(settled === 'Standby' ? ['ExitStandby'] : []);
  });

  it('does not call a server drifted that never leaves what it was asked to leave', async () => {
    const changes = await switchOver('auto-scaling-standby');
    world.state.lifecycles[primary] = 'Pending:Wait';

    const undoings = await world.action().undo(changes, new Map());

    expect(undoings).toMatchObject([
      { status: 'failed', reason: expect.stringContaining(`"${primary}" is Pending:Wait in group`) as string },
    ]);
    expect(world.calls).toEqual([]);
  });

  it('gives a record its former values once the servers in question are well', async () => {
    const changes = await switchOver('route53-record');
    world.ill.add(primary);

    const ill = await world.action().undo(changes, new Map());
    const callsMeanwhile = [...world.calls];
    world.ill.clear();

    expect(ill).toMatchObject([{ status: 'failed', reason: expect.stringContaining('status check') as string }]);
    expect(callsMeanwhile).toEqual([]);
    expect(await world.action().undo(changes, new Map())).toMatchObject([{ status: 'undone' }]);
  });

  it('calls a record undone only when it is so everywhere, whoever changed it', async () => {
    const former = world.state.records;
    const changes = await switchOver('route53-record');
    world.state.records = former;
    world.state.changeStatus = 'PENDING';

    const [spreading] = await world.action().undo(changes, new Map());
    const calls = [...world.calls];
    world.state.changeStatus = 'INSYNC';
    const [arrived] = await world.action().undo(changes, new Map());

    expect(spreading).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('Change is PENDING') as string,
    });
    expect(calls).toEqual(['UPSERT']);
    expect(arrived).toMatchObject({ status: 'already-undone' });
  });

  it('looks at both where a standby stood behind the former values too', async () => {
    world.state.records[0]?.ResourceRecords?.push({ Value: '10.0.2.10' });
    const changes = await switchOver('route53-record');
    world.ill.add(primary);

    expect(await world.action().undo(changes, new Map())).toMatchObject([{ status: 'failed' }]);
  });

  it.each(['rds-multi-az', 'rds-cluster'] as const)(
    'leads %s back beside cut servers, for it leads to none',
    async (by) => {
      const changes = await switchOver(by);
      world.cuts = [cutOf(primary)];

      expect(await world.action().undo(changes, new Map())).toMatchObject([{ status: 'undone' }]);
    },
  );
});
