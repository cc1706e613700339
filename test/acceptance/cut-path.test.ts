import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { play } from '../../lab/play.ts';
import { readScenarios } from '../../lab/scenario.ts';
import type { Scenario } from '../../lab/scenario.ts';
import { startTestLab } from '../start-test-lab.ts';

/** One breath: calls that a function sends at once and then waits for, each with how often, in the order of the names. */
type Breath = readonly [caller: string, ...calls: string[]];

/**
 * What the deployed functions ask AWS for before the first blocking call, breath by breath. Each breath more, and each
 * call that comes late in one, costs a part of the three seconds: whoever adds one has to change this table. The table
 * takes two breaths of reads and two of writes, however many servers there are.
 */
const before: readonly Breath[] = [
  ['Assess', 'DescribeInstances', 'DescribeNetworkInterfaces', 'Query'],
  ['Assess', 'PutItem 2', 'UpdateItem'],
  [
    'RevokeSecurityGroups',
    'DescribeInstances',
    'DescribeNetworkAcls',
    'DescribeNetworkInterfaces 2',
    'DescribeSecurityGroupRules',
    'DescribeSubnets',
    'GetItem',
    'Query',
  ],
  ['RevokeSecurityGroups', 'PutItem 2'],
];

describe('the calls of the deployed app before the first block', () => {
  let lab: Lab;
  const seen = new Map<
    string,
    { breaths: string[][]; blocks: number; commands: number; failures: readonly string[] }
  >();

  beforeAll(async () => {
    lab = await startTestLab({ hosts: 'simulated', throttlesEc2: false });
    for (const name of ['ransomware', 'core-ransomware', 'fleet-87']) {
      const scenario = readScenarios().find((one) => one.name === name);
      if (scenario === undefined) throw new Error(`The scenario "${name}" is gone`);
      const start = lab.aws.gateway.calls.length;
      const { result } = await play(lab, withoutTime(scenario), () => undefined);
      seen.set(name, { ...readCalls(lab, start), failures: result.failures });
    }
  });
  afterAll(async () => await lab.stop());

  it.each(['ransomware', 'core-ransomware', 'fleet-87'])('of %s are those of the table', (name) => {
    expect(seen.get(name)?.failures).toEqual([]);
    expect(seen.get(name)?.breaths).toEqual(before);
  });

  it('block 87 servers by one call each and reach their hosts by two commands', () => {
    const { blocks, commands } = seen.get('fleet-87') ?? {};

    expect({ blocks, commands }).toEqual({ blocks: 87, commands: 2 });
  });
});

/** How long it takes is the bench's to say: here a busy machine may be slow. */
function withoutTime({ expect: wanted, ...scenario }: Scenario): Scenario {
  if (wanted === undefined) return scenario;
  const { maximumLatencyMs: _limit, ...rest } = wanted;
  return { ...scenario, expect: rest };
}

function readCalls(lab: Lab, start: number) {
  const calls = lab.aws.gateway.calls.slice(start).map(({ operation, caller, input }) => ({
    operation,
    by: /Functions(\w+)Function[0-9A-F]{8}$/.exec(lab.deployment.functionOf(caller) ?? '')?.[1] ?? '',
    text: JSON.stringify(input),
  }));
  const first = calls.findIndex(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute');
  const until = calls.slice(0, first).filter(({ by }) => by === 'Assess' || by === 'RevokeSecurityGroups');
  const cutter = calls.filter(({ by }) => by === 'RevokeSecurityGroups');
  return {
    breaths: toBreaths(until),
    // By what they say: the SDK sends a call again whose answer was lost.
    blocks: new Set(
      cutter.filter(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute').map(({ text }) => text),
    ).size,
    commands: calls.filter(({ operation, by }) => operation === 'SendCommand' && by === 'KillConnections').length,
  };
}

/** A read after a write, or another function, begins a new breath. */
function toBreaths(calls: readonly { readonly operation: string; readonly by: string }[]): string[][] {
  const breaths: { by: string; isWrite: boolean; names: string[] }[] = [];
  for (const { operation, by } of calls) {
    const isWrite = /^(Put|Update)/.test(operation);
    const last = breaths.at(-1);
    if (last?.by === by && last.isWrite === isWrite) last.names.push(operation);
    else breaths.push({ by, isWrite, names: [operation] });
  }
  return breaths.map(({ by, names }) => [by, ...countNames(names)]);
}

function countNames(names: readonly string[]): string[] {
  return [...Map.groupBy(names, (name) => name)]
    .map(([name, all]) => (all.length === 1 ? name : `${name} ${all.length}`))
    .sort();
}
