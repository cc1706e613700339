import { describe, expect, it } from 'vitest';
import { latencyRows } from '../../lab/latency/latency-model.ts';
import { readMilestones } from '../../lab/latency/milestones.ts';
import type { Plan, PlanStep } from '../../lab/latency/plan-step.ts';
import { createRandom } from '../../lab/latency/random.ts';
import { replayPlan } from '../../lab/latency/replay-plan.ts';
import { explainPath } from '../../lab/latency/explain-path.ts';
import { buildMoveStep, buildStep, waitFor, waitForSome } from './recorded.ts';

/** Every draw is the median: the cosine of three quarters of a turn is zero. */
const medians = () => 0.75;
const { ec2Change, ec2Read, tableWrite, connection, invoke, environment, runtime } = latencyRows;
const readBack = buildStep({ service: 'ec2', operation: 'DescribeNetworkInterfaces', latency: 'ec2Read' });

function replay(plan: Plan, coldImportMs: ReadonlyMap<string, number> = new Map()) {
  return replayPlan(plan, { random: medians, coldImportMs });
}

/** So many moves at once, or in a pool of workers. */
function moveMany(count: number, workers = count): PlanStep[] {
  return Array.from({ length: count }, (_, place) =>
    buildMoveStep({
      waits:
        place < workers
          ? []
          : waitForSome(
              place - workers + 1,
              Array.from({ length: place }, (_unused, other) => other),
            ),
    }),
  );
}

describe('replayPlan', () => {
  it('adds up what waits for each other, our own code included', () => {
    const plan = [buildStep({ ownMs: 5 }), buildMoveStep({ ownMs: 7, waits: waitFor(0) })];

    const { doneMs } = replay(plan);

    const first = tableWrite.p50Ms + connection.p50Ms;
    expect(doneMs[0]).toBeCloseTo(first);
    expect(doneMs[1]).toBeCloseTo(first + 7 + ec2Change.p50Ms + connection.p50Ms);
  });

  it('lets what does not wait happen at the same time', () => {
    const { doneMs } = replay(moveMany(20));

    expect(new Set(doneMs.map((time) => Math.round(time)))).toEqual(new Set([ec2Change.p50Ms + connection.p50Ms]));
  });

  it('lets a pool of workers take one after the other', () => {
    const { doneMs } = replay(moveMany(5, 2));

    const rounds = doneMs.map((time) => Math.ceil((time - connection.p50Ms) / ec2Change.p50Ms - 1e-6));
    expect(rounds).toEqual([1, 1, 2, 2, 3]);
  });

  it('opens a connection once and uses it again', () => {
    const plan = [buildMoveStep(), buildMoveStep({ waits: waitFor(0) })];

    const { doneMs } = replay(plan);

    expect((doneMs[1] ?? 0) - (doneMs[0] ?? 0)).toBeCloseTo(ec2Change.p50Ms);
  });

  it('starts a function cold where its import is known, and warm where not', () => {
    const plan = [
      buildStep({ kind: 'invoke', latency: 'invoke', service: 'lambda', operation: 'Invoke' }),
      buildMoveStep({ waits: waitFor(0) }),
    ];

    const [warm, cold] = [replay(plan), replay(plan, new Map([['revoke-security-groups', 40]]))];

    expect(warm.doneMs[0]).toBeCloseTo(invoke.p50Ms);
    expect(cold.doneMs[0]).toBeCloseTo(invoke.p50Ms + environment.p50Ms + runtime.p50Ms + 40);
    expect(cold.coldMs[0]).toBeCloseTo(environment.p50Ms + runtime.p50Ms + 40);
  });

  it("lets EC2's bucket through at once and refuses what is over it, until all is done", () => {
    const [full, over] = [moveMany(100), moveMany(110)].map((plan) =>
      replayPlan(plan, { random: createRandom(3), coldImportMs: new Map() }),
    );

    expect(full?.refused).toBe(0);
    expect(over?.refused).toBeGreaterThanOrEqual(10);
    expect(over?.doneMs.every((time) => time > 0)).toBe(true);
    // Ten more at five a second, and not one earlier.
    expect(Math.max(...(over?.doneMs ?? []))).toBeGreaterThan(1800);
  });

  it('happens the same way from the same seed', () => {
    const play = () => replayPlan(moveMany(30, 4), { random: createRandom(11), coldImportMs: new Map() }).doneMs;

    expect(play()).toEqual(play());
  });

  it('takes longer by exactly a call that is added before the cut', () => {
    const short = [buildStep(), buildMoveStep({ waits: waitFor(0) })];
    const long = [buildStep(), buildStep({ waits: waitFor(0) }), buildMoveStep({ waits: waitFor(1) })];

    const [before, after] = [short, long].map((plan) => Math.max(...replay(plan).doneMs));

    expect((after ?? 0) - (before ?? 0)).toBeCloseTo(tableWrite.p50Ms);
  });

  it('refuses a plan in which nothing is cut', () => {
    expect(() => replay([buildStep()])).toThrow('no call of it blocks anything');
  });
});

describe('readMilestones', () => {
  const plan = [
    buildMoveStep(),
    buildMoveStep({ ownMs: 9, waits: waitFor(0) }),
    { ...readBack, ownMs: 3, waits: waitFor(0, 1) },
    buildStep({ service: 'ssm', operation: 'SendCommand', latency: 'ssmSend', stem: 'kill-connections' }),
  ];

  it('tells the first block from the last one, and both from the read-back and the hosts', () => {
    const replayed = replay(plan);
    const { doneMs } = replayed;

    expect(readMilestones(plan, replayed)).toEqual({
      firstBlock: doneMs[0],
      allBlocked: doneMs[1],
      verified: doneMs[2],
      hostCutSent: doneMs[3],
    });
  });

  it('is explained by shares that add up to it', () => {
    const replayed = replay(plan);

    const shares = explainPath(plan, replayed, 2);

    expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(replayed.doneMs[2] ?? 0);
    expect(shares.get('our own code')).toBe(12);
    expect(shares.get('EC2')).toBeCloseTo(2 * ec2Change.p50Ms + ec2Read.p50Ms + connection.p50Ms);
  });
});
