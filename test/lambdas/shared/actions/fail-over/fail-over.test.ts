import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ActionContext, Change } from '../../../../../lambdas/shared/actions/action.ts';
import type { FailOver } from '../../../../../lambdas/shared/policy/fail-over-schema.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { means, primary, standby } from '../../../../builders/fail-over-means.ts';
import { FailOverWorld } from '../../../../builders/fail-over-world.ts';
import { buildPolicy } from '../../../../builders/policy.ts';
import { letThrough } from '../../../../builders/let-through.ts';
import { GuardRefusedError } from '../../../../../lambdas/shared/errors.ts';

const all = Object.keys(means) as FailOver['by'][];

/** The call by which each mechanism switches, and those by which it goes back. */
const calls: Readonly<Record<FailOver['by'], { over: string[]; back: string[] }>> = {
  'target-group-weights': { over: ['ModifyListener'], back: ['ModifyListener'] },
  'target-group-members': {
    over: ['RegisterTargets', 'DeregisterTargets'],
    back: ['RegisterTargets', 'DeregisterTargets'],
  },
  'elastic-ip': { over: ['AssociateAddress'], back: ['AssociateAddress'] },
  'route53-record': { over: ['UPSERT'], back: ['UPSERT'] },
  'auto-scaling-standby': { over: ['EnterStandby'], back: ['ExitStandby'] },
  'rds-multi-az': { over: ['RebootDBInstance'], back: ['RebootDBInstance'] },
  'rds-cluster': { over: ['FailoverDBCluster'], back: ['FailoverDBCluster'] },
};

function contextFor(by: FailOver['by'], servers: readonly string[] = [primary]): ActionContext {
  const services = [
    { name: 'orders', coreBusiness: true, failOver: means[by] },
    { name: 'shop', coreBusiness: false },
  ];
  return {
    incident: buildIncident(),
    cohort: buildCohort({ service: 'orders', servers: [...servers] }),
    policy: buildPolicy({ services }),
  };
}

let world: FailOverWorld;
beforeEach(() => {
  world = new FailOverWorld();
});

/** Plan, apply and verify in one invocation, as the runner does. */
async function run(by: FailOver['by'], over: Partial<ActionContext> = {}, planned?: readonly Change[]) {
  const context = { ...contextFor(by), ...over };
  const action = world.action();
  const plan = planned === undefined ? await action.plan(context) : { changes: planned, leftAlone: [], unable: [] };
  const remarks = await action.apply(plan.changes, context, letThrough);
  return { plan, remarks, observations: await action.verify(plan.changes, context) };
}

describe.each(all)('fail-over by %s', (by) => {
  it('plans without changing anything, with the whole former routing', async () => {
    const former = structuredClone(world.state);

    const plan = await world.action().plan(contextFor(by));

    expect(plan).toMatchObject({ leftAlone: [], unable: [], changes: [{ server: primary, outlivesServer: true }] });
    expect(plan.changes[0]?.before).toMatchObject({ how: means[by], servers: [primary] });
    expect([world.calls, world.state]).toEqual([[], former]);
  });

  it('switches by the documented calls and sees it', async () => {
    const { remarks, observations } = await run(by);

    expect(world.calls).toEqual(calls[by].over);
    expect(remarks).toEqual([]);
    expect(observations).toMatchObject([{ held: true }]);
  });

  it('changes nothing when nobody healthy could take over', async () => {
    world.breakStandby();

    const { plan } = await run(by);

    expect(plan.changes).toEqual([]);
    expect(plan.instead?.status).toBe('no-standby');
    expect(world.calls).toEqual([]);
  });

  it('looks once more before the call: a standby that broke meanwhile is not led to', async () => {
    const context = contextFor(by);
    const action = world.action();
    const { changes } = await action.plan(context);
    world.breakStandby();

    const remarks = await action.apply(changes, context, letThrough);

    expect(world.calls).toEqual([]);
    expect(remarks).toMatchObject([{ reason: expect.stringContaining('Not switched') as string }]);
  });

  it('asks the guard before its calls, and makes none that it refuses', async () => {
    const context = contextFor(by);
    const action = world.action();
    const { changes } = await action.plan(context);
    const asked: string[] = [];

    const remarks = await action.apply(changes, context, async ({ target }) => {
      asked.push(target);
      throw new GuardRefusedError('the fuse is off');
    });

    expect(asked).toEqual(changes.map(({ target }) => target));
    expect(world.calls).toEqual([]);
    expect(remarks).toMatchObject([{ reason: 'GuardRefusedError: the fuse is off' }]);
  });

  it('makes a throttled call again', async () => {
    let left = 2;
    world.onCall = () => {
      if (left-- > 0) throw Object.assign(new Error('slow down'), { name: 'Throttling' });
    };

    const { observations } = await run(by);

    expect(world.calls).toHaveLength(calls[by].over.length + 2);
    expect(observations).toMatchObject([{ held: true }]);
  });

  it('never calls held what was not seen in time, and says why', async () => {
    world.isDeaf = true;

    const { observations } = await run(by);

    expect(observations).toMatchObject([{ held: false }]);
    expect(world.clockMs).toBeLessThan(160_000);
  });

  it('tells a call that AWS refused, and makes it once', async () => {
    world.onCall = () => {
      throw Object.assign(new Error('not yours'), { name: 'AccessDenied' });
    };

    const { remarks, observations } = await run(by);

    expect(world.calls).toHaveLength(1);
    expect(remarks).toMatchObject([{ reason: 'AccessDenied: not yours' }]);
    expect(observations).toMatchObject([{ held: false }]);
  });

  it('goes back to what was, and only once', async () => {
    const { plan } = await run(by);
    world.calls.length = 0;

    const first = await world.action().undo(plan.changes, new Map());
    const second = await world.action().undo(plan.changes, new Map());

    expect([first, second]).toMatchObject([[{ status: 'undone' }], [{ status: 'already-undone' }]]);
    // Whether a record that reads as before has arrived everywhere, only a new call tells.
    expect(world.calls).toEqual([...calls[by].back, ...(by === 'route53-record' ? ['UPSERT'] : [])]);
    expect(await world.action().plan(contextFor(by))).toMatchObject({ changes: plan.changes });
  });

  it('finds on a second try that the switch was made', async () => {
    const { plan } = await run(by);
    world.calls.length = 0;

    const { observations } = await run(by, { resumed: true }, plan.changes);

    // Only a new call tells whether a record has arrived everywhere.
    expect(world.calls).toEqual(by === 'route53-record' ? ['UPSERT'] : []);
    expect(observations).toMatchObject([{ held: true }]);
  });
});

it('takes nobody out of a target group whom the guard protects by then', async () => {
  const context = contextFor('target-group-members');
  const action = world.action();
  const { changes } = await action.plan(context);
  let questions = 0;

  const remarks = await action.apply(changes, context, async () => {
    questions += 1;
    if (questions > 1) throw new GuardRefusedError('it is a lifeline by now');
    return Promise.resolve();
  });

  expect(world.calls).toEqual(['RegisterTargets']);
  expect(remarks).toMatchObject([{ reason: 'GuardRefusedError: it is a lifeline by now' }]);
});

const withServers = all.filter((by) => !by.startsWith('rds'));

describe.each(withServers)('the standby of %s', (by) => {
  it.each([
    ['is a lifeline', () => world.tag(standby, { lifeline: 'clearing' }), 'Lifeline by its tag'],
    ['belongs to another service', () => world.tag(standby, { service: 'shop' }), 'belongs to service "shop"'],
    ['is cut right now', () => (world.cuts = [cutOf(standby)]), 'is cut right now'],
  ])('is no standby when it %s', async (_case, arrange, reason) => {
    arrange();

    const plan = await world.action().plan(contextFor(by));

    expect(plan.instead).toEqual({ status: 'no-standby', summary: expect.stringContaining(reason) as string });
  });

  it('is no standby when it is in question itself', async () => {
    const plan = await world.action().plan(contextFor(by, [primary, standby]));

    expect(plan).toMatchObject({ changes: [], instead: { status: 'no-standby' } });
  });
});

function cutOf(server: string, action = 'revoke-security-groups', target = 'eni-1') {
  const entry = { incidentId: 'inc-00000000000000000009', action, cohortId: 'c1' };
  return { entry, since: '2026-05-06T07:00:00Z', expiresAt: null, targets: [{ target, server }], inherited: [] };
}

describe('fail-over', () => {
  it('hands over in the words of the policy where no means are declared', async () => {
    const policy = buildPolicy({ services: [{ name: 'orders', coreBusiness: true, standby: 'the other hall' }] });

    const plan = await world.action().plan({ ...contextFor('elastic-ip'), policy });

    expect(plan.instead?.status).toBe('handed-over');
    expect(plan.instead?.summary).toContain('Fail service "orders" over to its standby: the other hall');
  });

  it('leaves alone what is on the standby already, and looks whether that one is well', async () => {
    await run('elastic-ip');

    const again = await world.action().plan(contextFor('elastic-ip'));
    world.breakStandby();
    const broken = await world.action().plan(contextFor('elastic-ip'));

    expect(again).toMatchObject({ changes: [], leftAlone: [{ reason: 'The standby carries it already' }] });
    expect(broken.instead?.status).toBe('no-standby');
  });

  it('does not call a switch without target again after a break, for it would switch back', async () => {
    const { changes } = await world.action().plan(contextFor('rds-multi-az'));

    const { remarks } = await run('rds-multi-az', { resumed: true }, changes);

    expect(world.calls).toEqual([]);
    expect(remarks).toMatchObject([{ reason: expect.stringContaining('would switch back') as string }]);
  });

  it('does not switch a database back that another open incident switched', async () => {
    world.cuts = [cutOf(primary, 'fail-over', 'db:orders')];

    expect((await world.action().plan(contextFor('rds-multi-az'))).instead?.summary).toContain('is open');
  });

  it('leaves alone what somebody changed between plan and call', async () => {
    const { changes } = await world.action().plan(contextFor('elastic-ip'));
    world.state.address = 'i-000000000000000f1';

    const { remarks } = await run('elastic-ip', {}, changes);

    expect([world.calls, remarks]).toMatchObject([[], [{ reason: 'Changed since it was planned: left as it is' }]]);
  });

  it('does not start when AWS cannot be asked', async () => {
    world.elb.rejects(Object.assign(new Error('slow down'), { name: 'Throttling' }));

    await expect(world.action().plan(contextFor('target-group-weights'))).rejects.toThrow('slow down');
  });

  it('never switches but to a healthy standby, and undone it is as before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...all),
        fc.subarray([primary, standby, 'orders', 'orders-1', 'orders-2']),
        async (by, ill) => {
          world = new FailOverWorld();
          const former = await world.action().plan(contextFor(by));
          for (const name of ill) world.ill.add(name);
          const { plan } = await run(by);
          const wasSwitched = world.calls.length > 0;
          world.ill.clear();
          await world.action().undo(plan.changes, new Map());
          const needed = by === 'rds-cluster' ? 'orders-2' : by === 'rds-multi-az' ? 'orders' : standby;
          expect(wasSwitched).toBe(!ill.includes(needed));
          expect((await world.action().plan(contextFor(by))).changes).toEqual(former.changes);
        },
      ),
      { numRuns: 40 },
    );
  });
});
