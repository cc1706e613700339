import { describe, expect, it } from 'vitest';
import type { MachineState } from '../../lab/hosts/machine.ts';
import { describeStandIns, tellMachineStories } from '../../lab/result.ts';
import { buildScenario } from '../builders/observed.ts';

describe('describeStandIns', () => {
  it.each([
    [[], ''],
    [['host simulated'], '[simulated]'],
    [['systemd stood in for', 'clock simulated'], '[systemd stood in for; clock simulated]'],
    [['host simulated: it is a Windows server'], '[host simulated: it is a Windows server]'],
  ])('puts %j as "%s"', (standIns, words) => {
    expect(describeStandIns(standIns)).toBe(words);
  });
});

describe('tellMachineStories', () => {
  const state = (clockOffsetMs: number): MachineState => ({ services: {}, tasks: {}, clockOffsetMs });
  const [plain] = buildScenario().servers;
  const machine = { platform: 'Linux' } as const;

  it('pairs three moments of each server that is more than its connections', () => {
    if (plain === undefined) throw new Error('The builder has no server');
    const servers = [plain, { ...plain, id: 'i-0a000000000000002', machine }];
    const moments = [1, 2, 3].map((number) => [state(number * 10), state(number)]);

    const stories = tellMachineStories({ servers }, moments[0] ?? [], moments[1] ?? [], moments[2] ?? []);

    expect(stories).toEqual([{ server: 'i-0a000000000000002', before: state(1), after: state(2), restored: state(3) }]);
  });
});
