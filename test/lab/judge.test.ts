import { describe, expect, it } from 'vitest';
import type { MachineState } from '../../lab/hosts/machine.ts';
import { judge } from '../../lab/judge.ts';
import type { MachineStory, Observed } from '../../lab/result.ts';
import type { Scenario, ScenarioServer } from '../../lab/scenario.ts';
import { buildCohort } from '../builders/action-request.ts';
import { buildObserved, buildScenario } from '../builders/observed.ts';

const server = 'i-0a000000000000001';
const users = { server, peer: 'users', golden: false, before: 5, after: 0, restored: 5 };
const desk = { server, peer: 'desk', golden: true, before: 2, after: 2, restored: 2 };

const machine: MachineState = { services: { engine: 'active' }, tasks: {}, clockOffsetMs: null };

/** A server whose one service runs all the time. */
function buildMachineStory(over: Partial<MachineStory> = {}): MachineStory {
  return { server, before: machine, after: machine, restored: machine, ...over };
}

describe('judge', () => {
  it('is content when all is as wanted, and counts the cut', () => {
    const result = judge(buildScenario(), buildObserved(), false);

    expect(result).toMatchObject({
      ok: true,
      failures: [],
      restored: true,
      cut: { connections: 5, survivors: 0, goldenLost: 0 },
    });
  });

  it.each<[string, Partial<Observed>, RegExp]>([
    ['another outcome', { outcome: 'failed' }, /Outcome is "failed"/],
    ['another way', { path: ['Assess'] }, /Path is "Assess"/],
    ['a survivor', { peers: [{ ...users, after: 1 }, desk] }, /"users" has 1 of 5/],
    ['a lost golden socket', { peers: [users, { ...desk, after: 1 }] }, /Golden peer "desk" has 1 of 2/],
    ['a golden connection that broke and came back', { goldenLost: 1 }, /1 golden connections broke/],
    ['a missing entry', { entries: [] }, /"kill-connections" is "absent"/],
    ['a late cut', { latencyMs: 3001 }, /after 3001 ms/],
    ['a cut that nobody noticed', { latencyMs: null }, /No packet/],
    ['an execution that died', { trouble: 'Execution FAILED' }, /Execution FAILED/],
    ['a network that did not come back', { networkAsBefore: false }, /Not everything came back/],
    ['a drifted restore', { restoreStatuses: ['drifted'] }, /Not everything came back/],
    ['traffic that does not flow again', { peers: [{ ...users, restored: 4 }, desk] }, /Not everything came back/],
  ])('is not content with %s', (_case, over, failure) => {
    const result = judge(buildScenario(), buildObserved(over), false);

    expect(result.ok).toBe(false);
    expect(result.failures.join('\n')).toMatch(failure);
  });

  it('takes a clock that stays right, and a session that stays ended, for restored', () => {
    const observed = buildObserved({ restoreStatuses: ['undone', 'irreversible'] });

    expect(judge(buildScenario(), observed, false)).toMatchObject({ ok: true, restored: true });
  });

  it.each<[string, Partial<MachineState>, object, RegExp]>([
    ['a service that did not stop', {}, { services: { engine: 'inactive' } }, /"engine" is active after the event/],
    ['a task that nobody knows', {}, { tasks: { sync: 'inactive' } }, /"sync" is missing after the event/],
    ['a clock that is still off', { clockOffsetMs: -3 }, { clockWithinMs: 1 }, /clock is 3 ms off after the event/],
    ['a clock that cannot be read', {}, { clockWithinMs: 1 }, /clock is Infinity ms off/],
  ])('is not content with %s', (_case, after, wanted, failure) => {
    const { expect: expected, ...scenario } = buildScenario();
    const observed = buildObserved({ machines: [buildMachineStory({ after: { ...machine, ...after } })] });

    const result = judge(
      { ...scenario, expect: { ...expected, ...wanted } as Scenario['expect'] & {} },
      observed,
      false,
    );

    expect(result.failures.join('\n')).toMatch(failure);
  });

  it('is not content with a service that did not come back', () => {
    const restored = { ...machine, services: { engine: 'inactive' } };

    const result = judge(buildScenario(), buildObserved({ machines: [buildMachineStory({ restored })] }), false);

    expect(result).toMatchObject({ ok: false, restored: false });
  });

  it('counts the dead alone as cut where an event of the user speaks of dead cameras', () => {
    const { expect: _none, ...open } = buildScenario();
    const [first] = open.servers;
    const peers = (first?.peers ?? []).map((peer) => ({ ...peer, zombie: peer.name === 'desk', golden: false }));
    const cohorts = [buildCohort({ servers: [server], cut: { scope: 'ports', ports: [443, 9100] } })];
    const observed = buildObserved({
      cohorts,
      peers: [
        { ...users, after: 5 },
        { ...desk, golden: false, after: 0 },
      ],
    });

    const result = judge({ ...open, servers: [{ ...first, peers } as ScenarioServer] }, observed, false);

    expect(result.cut).toEqual({ connections: 2, survivors: 0, goldenLost: 0 });
  });

  it('says when the hosts were simulated', () => {
    expect(judge(buildScenario(), buildObserved(), true).simulated).toBe(true);
  });

  it('derives from the decision what was to be cut when an event of the user is played', () => {
    const { expect: _none, ...open } = buildScenario();

    const result = judge(open, buildObserved({ entries: [] }), false);

    expect(result.cut.connections).toBe(0);
    expect(result.ok).toBe(true);
  });
});
