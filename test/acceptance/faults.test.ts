import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTouching } from '../../lab/faults/changing-calls.ts';
import { startFaultLab } from '../../lab/faults/fault-lab.ts';
import type { FaultLab } from '../../lab/faults/fault-lab.ts';
import { PlayFronts } from '../../lab/faults/play-fronts.ts';
import { playPoint } from '../../lab/faults/play-point.ts';
import { playRuns, summarise } from '../../lab/faults/play-runs.ts';
import { listRuns } from '../../lab/faults/runs.ts';
import type { FaultRun } from '../../lab/faults/runs.ts';
import { listCallers } from '../../lab/faults/point.ts';
import type { FaultPoint } from '../../lab/faults/point.ts';
import type { PeerCount } from '../../lab/hosts/host-world.ts';
import { synthesiseRuns } from '../../lab/faults/synthesise-runs.ts';
import type { LoadedTemplate } from '../../lab/template/template.ts';

/** The crashes that leave most behind: right after a call that changed something. All others: `npm run faults`. */
function chooseCrashes(points: readonly FaultPoint[]): FaultPoint[] {
  return points.filter(
    (point) => point.kind === 'kill after' && (isTouching(point.mark) || point.mark.operation === 'StartExecution'),
  );
}

/** The question stands, and whoever asked it died before anybody heard of it. */
function isLostQuestion(point: FaultPoint): boolean {
  if (point.kind !== 'kill after') return false;
  const { caller, operation, nth } = point.mark;
  return caller === 'ask-person' && operation === 'PutItem' && nth === 1;
}

function findRun(name: string): FaultRun {
  return listRuns().find((run) => run.name === name) as FaultRun;
}

describe('the deployed app under faults', () => {
  let loaded: LoadedTemplate;
  let remove: () => Promise<void>;
  let lab: FaultLab;

  beforeAll(async () => {
    ({ loaded, remove } = await synthesiseRuns());
    lab = await startFaultLab(loaded);
  });
  afterAll(async () => {
    await lab.stop();
    await remove();
  });

  it('cuts, tells and restores truly, whichever crash comes', async () => {
    const runs = ['ransomware', 'brute-force', 'restore of brute-force'].map(findRun);

    const results = await playRuns({ loaded, runs, choose: chooseCrashes, lanes: 2 });

    expect(results.filter(({ violations }) => violations.length > 0)).toEqual([]);
    expect(results.filter(({ wasMet }) => !wasMet)).toEqual([]);
    expect(results.map(({ run, point }) => `${run}, ${point.split(' (')[0] ?? ''}`).sort()).toEqual([
      'brute-force, kill after: revoke-security-groups ec2:RevokeSecurityGroupIngress 1',
      'ransomware, kill after: kill-connections ssm:SendCommand 1',
      'ransomware, kill after: revoke-security-groups ec2:ModifyNetworkInterfaceAttribute 1',
      'ransomware, kill after: revoke-security-groups ec2:ModifyNetworkInterfaceAttribute 2',
      'restore of brute-force, kill after: restore ec2:AuthorizeSecurityGroupIngress 1',
      'restore of brute-force, kill after: restore ssm:SendCommand 1',
    ]);
    expect(summarise(results)).toContainEqual({
      name: 'ransomware: revoke-security-groups',
      points: 2,
      lifelineTouched: 0,
      goldenTouched: 0,
      overstated: 0,
      notRestored: 0,
    });
  });

  it('does so for every action on hosts, and for a cut that somebody agreed to', async () => {
    const runs = ['trading', 'medical', 'logistics', 'shedding', 'approved'].map(findRun);

    const choose = (points: readonly FaultPoint[]) => [...chooseCrashes(points), ...points.filter(isLostQuestion)];
    const results = await playRuns({ loaded, runs, choose, lanes: 2 });

    expect(results.filter(({ violations }) => violations.length > 0)).toEqual([]);
    expect(results.map(({ run, point }) => `${run}, ${point.split(' (')[0] ?? ''}`).sort()).toEqual([
      'approved, kill after: ask-person dynamodb:PutItem 1',
      'logistics, kill after: kill-sessions ssm:SendCommand 1',
      'medical, kill after: hold-task ssm:SendCommand 1',
      'shedding, kill after: shed-connections ssm:SendCommand 1',
      'trading, kill after: resync-clock ssm:SendCommand 1',
      'trading, kill after: stop-service ssm:SendCommand 1',
    ]);
  });

  it('does so for what leads services, holds clocks, closes subnets and looks after reviews', async () => {
    const names = [
      'fail-over',
      'restore of fail-over',
      'fail-over by address',
      'restore of fail-over by address',
      'fleet',
      'lifeline-clearing',
      'compliance-review',
      'time-zones',
    ];

    const results = await playRuns({ loaded, runs: names.map(findRun), choose: chooseCrashes, lanes: 2 });

    expect(results.filter(({ violations }) => violations.length > 0)).toEqual([]);
    expect(results.filter(({ wasMet }) => !wasMet)).toEqual([]);
    expect(results.map(({ run, point }) => `${run}, ${point.split(' (')[0] ?? ''}`).sort()).toEqual([
      'compliance-review, kill after: watch-reviews states:StartExecution 1',
      'compliance-review, kill after: watch-reviews states:StartExecution 2',
      'fail-over by address, kill after: fail-over ec2:AssociateAddress 1',
      'fail-over, kill after: fail-over elasticloadbalancing:ModifyListener 1',
      'fleet, kill after: revoke-security-groups ec2:ReplaceNetworkAclAssociation 1',
      'lifeline-clearing, kill after: hold-open ssm:SendCommand 1',
      'restore of fail-over by address, kill after: restore ec2:AssociateAddress 1',
      'restore of fail-over, kill after: restore elasticloadbalancing:ModifyListener 1',
      'time-zones, kill after: watch-time-zones ssm:SendCommand 1',
    ]);
  });

  it('strikes only at functions and machines that there are', () => {
    const named = new Set(listRuns().flatMap(({ only = [] }) => only));

    // `npm run faults` says at whom no run strikes at all.
    expect([...named].filter((name) => !listCallers(loaded).includes(name))).toEqual([]);
  });

  it('spares a lifeline among the attacked and answers a repeated event once', async () => {
    const run = findRun('fleet-with-lifeline');

    const played = await playPoint(lab, run, { kind: 'deliver twice at once' }, nextNumber(), null);

    expect(played.violations).toEqual([]);
    // Two servers with one interface each, moved once.
    expect(played.calls.filter(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute')).toHaveLength(2);
  });

  it.each([
    ['brute-force', 'lifeline tag while calls wait'],
    ['ransomware', 'lifeline tag while calls wait'],
    ['trading', 'lifeline tag while calls wait'],
    ['fail-over', 'lifeline tag while calls wait'],
    ['ransomware', 'fuse off while calls wait'],
    ['fail-over', 'fuse off while calls wait'],
  ] as const)('spares a server of %s when it is protected late: %s', async (name, kind) => {
    const run = findRun(name);

    const played = await playPoint(lab, run, { kind }, nextNumber(), null);

    expect(played).toMatchObject({ wasMet: true, violations: [] });
  });

  it('spares a server that becomes a lifeline between the assessment and the cut', async () => {
    const run = findRun('brute-force');

    const played = await playPoint(lab, run, { kind: 'lifeline tag on the way' }, nextNumber(), null);

    expect(played).toMatchObject({ wasMet: true, violations: [] });
    expect(Object.values(played.outcomes)).toEqual(['refused']);
  });

  it.each([
    {
      what: 'connections that live on after the cut',
      kind: 'overstated',
      change: { count: async () => [customers(60)] },
    },
    { what: 'golden connections that broke', kind: 'goldenTouched', change: { goldenLost: async () => 1 } },
    { what: 'connections that stay away', kind: 'notRestored', change: { count: countDown() } },
    {
      what: 'a lifeline that loses connections',
      name: 'lifeline-clearing',
      kind: 'lifelineTouched',
      change: { count: countDown('clearing house') },
    },
    {
      what: 'a clock that follows another source than it is said to',
      name: 'lifeline-clearing',
      kind: 'overstated',
      change: {
        readMachine: async () => ({ services: {}, tasks: {}, clockOffsetMs: null, timeSources: {}, timeFrom: 'x' }),
      },
    },
    {
      what: 'clients that arrive at no standby',
      name: 'fail-over',
      kind: 'overstated',
      change: { countFront: async () => ({}) },
    },
  ])('finds $what by looking at the hosts', async ({ name = 'ransomware', kind, change }) => {
    const run = findRun(name);
    // The pipeline works on the true hosts, the judge is shown other ones.
    const world = { ...lab.world, ...change };
    const shown = { ...lab, world, fronts: new PlayFronts(lab.aws, world) };

    const { violations } = await playPoint(shown, run, null, nextNumber(), null);

    expect(violations.map((violation) => violation.kind)).toContain(kind);
  });
});

let number = 0;

function nextNumber(): number {
  number += 1;
  return number;
}

function customers(established: number): PeerCount {
  return { peer: 'customers', golden: false, established };
}

/** Fewer customers at every look. */
function countDown(peer = 'customers'): () => Promise<readonly PeerCount[]> {
  let left = 60;
  return async () => {
    left -= 1;
    return await Promise.resolve([{ ...customers(left), peer }]);
  };
}
