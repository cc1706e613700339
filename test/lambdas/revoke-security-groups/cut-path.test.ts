import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildCohort } from '../../builders/action-request.ts';
import { CutWorld, portCut } from '../../builders/cut-world.ts';

const spreading = { ...buildCohort().answers, spreads: true };

describe('the way to the first blocking call', () => {
  let world: CutWorld;
  beforeEach(async () => {
    world = await CutWorld.start();
  });
  afterEach(async () => world.lab.gateway.stop());

  it.each([
    ['whole servers', {}, 'ModifyNetworkInterfaceAttribute'],
    ['whole servers with a threat that spreads', { answers: spreading }, 'ModifyNetworkInterfaceAttribute'],
    ['a port', { cut: portCut }, 'RevokeSecurityGroupIngress'],
  ] as const)('of a cut of %s is one read deep and one write deep', async (_, over, blocking) => {
    await world.cut('path', over);

    const before = world.trace.slice(
      0,
      world.trace.findIndex(({ name }) => name === blocking),
    );
    const depthOf = (kinds: RegExp) => [
      ...new Set(before.filter(({ name }) => kinds.test(name)).map(({ depth }) => depth)),
    ];
    expect(depthOf(/^(Describe|Get|Query)/)).toEqual([1]);
    expect(depthOf(/^Put/)).toEqual([2]);
    expect(world.trace.find(({ name }) => name === blocking)?.depth).toBe(3);
  });

  it('takes the same number of calls before it for one server as for two', async () => {
    await world.cut('path');
    const two = world.trace.findIndex(({ name }) => name === 'ModifyNetworkInterfaceAttribute');
    const other = await CutWorld.start();
    await other.cut('path', { servers: ['i-0000000000000000a'] });
    const one = other.trace.findIndex(({ name }) => name === 'ModifyNetworkInterfaceAttribute');
    await other.lab.gateway.stop();

    expect([one, two]).toEqual([8, 8]);
  });
});
