import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alpha, CutWorld, incidentIdOf, portCut, type Death } from '../../builders/cut-world.ts';

const incidentId = incidentIdOf('crash');

/** Every call of a clean run may be the last one, before or after it takes effect. */
async function listDeaths(run: (world: CutWorld) => Promise<unknown>): Promise<Death[]> {
  const world = await CutWorld.start();
  await run(world);
  await world.lab.gateway.stop();
  return Array.from({ length: world.calls }, (_, index) => index + 1).flatMap((atCall) => [
    { atCall, phase: 'before' as const },
    { atCall, phase: 'after' as const },
  ]);
}

describe.each([
  ['whole servers', {}],
  ['a port', { cut: portCut }],
] as const)('a cut of %s', (_, over) => {
  const worlds: CutWorld[] = [];
  afterEach(async () => Promise.all(worlds.splice(0).map(async (world) => world.lab.gateway.stop())));

  async function start(): Promise<CutWorld> {
    const world = await CutWorld.start();
    worlds.push(world);
    return world;
  }

  it('that dies at any call is undone exactly', async () => {
    const deaths = await listDeaths(async (world) => world.cut('crash', over));
    expect(deaths.length).toBeGreaterThan(20);

    for (const death of deaths) {
      const world = await start();
      const before = world.snapshot();
      await world.cut('crash', over, death).catch(() => undefined);

      const results = await world.restore({ incidentId });

      expect({ death, now: world.snapshot() }).toEqual({ death, now: before });
      expect({ death, cuts: await world.table.audit.listCuts() }).toEqual({ death, cuts: [] });
      expect(results.every(({ status }) => ['undone', 'already-undone'].includes(status))).toBe(true);
    }
  });

  it('that dies at any call is finished by the next try, and then undone exactly', async () => {
    const deaths = await listDeaths(async (world) => world.cut('crash', over));
    // A call that took effect unseen is the harder half; for the other one the next try simply makes the call.
    const unseen = deaths.filter(({ phase }) => phase === 'after');

    for (const death of unseen) {
      const world = await start();
      const before = world.snapshot();
      await world.cut('crash', over, death).catch(() => undefined);

      const outcome = await world.cut('crash', over);
      const cut = world.snapshot();
      await world.restore({ incidentId });

      expect({ death, status: outcome.status }).toEqual({ death, status: 'verified' });
      expect(cut).not.toEqual(before);
      expect({ death, now: world.snapshot() }).toEqual({ death, now: before });
    }
  });

  it('is undone exactly by the second restore when the first one dies at any call', async () => {
    const deaths = await listDeaths(async (world) => {
      await world.cut('crash', over);
      await world.restore({ incidentId });
    });

    for (const death of deaths) {
      const world = await start();
      const before = world.snapshot();
      await world.cut('crash', over);
      await world.restore({ incidentId }, death).catch(() => undefined);

      await world.restore({ incidentId });

      expect({ death, now: world.snapshot() }).toEqual({ death, now: before });
      expect({ death, cuts: await world.table.audit.listCuts() }).toEqual({ death, cuts: [] });
    }
  });
});

describe('restore', () => {
  let world: CutWorld;
  beforeEach(async () => {
    world = await CutWorld.start();
  });
  afterEach(async () => world.lab.gateway.stop());

  it('does not race a cut that may still be under way', async () => {
    await world.cut('crash', {}, { atCall: 8, phase: 'after' }).catch(() => undefined);
    world.clockMs -= 600_000;

    const [result] = await world.restore({ incidentId });

    expect(result?.status).toBe('refused');
    expect(result?.summary).toMatch(/try again in \d+ s/);
  });

  it('puts back in every mode, also when the fuse is off', async () => {
    const before = world.snapshot();
    await world.cut('crash');
    await world.table.audit.writeMode('off', { setBy: 'test', reason: 'test', at: 'now' });

    await world.restore({ incidentId });

    expect(world.snapshot()).toEqual(before);
  });

  it('puts back one server and leaves the other one cut', async () => {
    await world.cut('crash');

    const results = await world.restore({ server: alpha });

    expect(results.map(({ status }) => status)).toEqual(['undone']);
    expect(world.groupsOf(alpha)).toEqual([world.groups.web]);
    expect(
      (await world.table.audit.listCuts()).flatMap(({ targets }) => targets.map(({ server }) => server)),
    ).not.toContain(alpha);
    expect((await world.table.audit.listCuts())[0]?.targets).toHaveLength(1);
  });

  it('clears a cut whose run died before its entry stood', async () => {
    await world.cut('crash', {}, { atCall: 1, phase: 'before' }).catch(() => undefined);
    const entry = { incidentId, action: 'revoke-security-groups', cohortId: 'c1' };
    await world.table.audit.putCut({
      entry,
      since: world.now(),
      expiresAt: null,
      targets: [{ target: 'eni-1', server: alpha }],
      inherited: [],
    });

    const results = await world.restore({ incidentId });

    expect(results).toEqual([{ entry, status: 'already-undone', summary: 'Nothing was changed' }]);
    expect(await world.table.audit.listCuts()).toEqual([]);
  });

  it('has nothing to put back after a shadow run', async () => {
    await world.table.audit.writeMode('shadow', { setBy: 'test', reason: 'test', at: 'now' });
    const before = world.snapshot();

    const outcome = await world.cut('crash');

    expect(outcome.status).toBe('planned');
    expect(world.snapshot()).toEqual(before);
    expect(world.lab.gateway.calls.filter(({ operation }) => !operation.startsWith('Describe'))).toEqual([]);
    expect(await world.restore({ incidentId })).toEqual([]);
  });
});
