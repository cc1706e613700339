import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cohort } from '../../../lambdas/shared/contracts/incident.ts';
import { alpha, beta, CutWorld, incidentIdOf, portCut } from '../../builders/cut-world.ts';

const [first, second] = [incidentIdOf('first'), incidentIdOf('second')];

describe('two incidents on one server', () => {
  let world: CutWorld;
  let before: unknown;

  beforeEach(async () => {
    world = await CutWorld.start();
    before = world.snapshot();
    await world.cut('first', { servers: [alpha, beta] });
    await world.cut('second', { servers: [alpha] });
  });
  afterEach(async () => world.lab.gateway.stop());

  it('keeps the server cut until the last of them is undone, and then it is as it was', async () => {
    const [ofSecond] = await world.restore({ incidentId: second });
    const between = world.groupsOf(alpha);
    const [ofFirst] = await world.restore({ incidentId: first });

    expect(ofSecond).toMatchObject({ status: 'kept', keptBy: [{ incidentId: first }] });
    expect(ofSecond?.summary).toContain(first);
    expect(between).toEqual([world.groups.quarantine]);
    expect(ofFirst?.status).toBe('undone');
    expect(world.snapshot()).toEqual(before);
    expect(await world.table.audit.listCuts()).toEqual([]);
  });

  it('refuses the earlier one while the later one is open, by name, and puts its other server back', async () => {
    const [result] = await world.restore({ incidentId: first });

    expect(result?.status).toBe('refused');
    expect(result?.summary).toContain(second);
    expect(world.groupsOf(alpha)).toEqual([world.groups.quarantine]);
    expect(world.groupsOf(beta)).toEqual([world.groups.web]);
  });

  it('undoes both in the right order when the server is named', async () => {
    const results = await world.restore({ server: alpha });

    expect(results.map(({ entry, status }) => [entry.incidentId, status])).toEqual([
      [second, 'kept'],
      [first, 'undone'],
    ]);
    expect(world.groupsOf(alpha)).toEqual([world.groups.web]);
  });

  it('says as often as it is asked that the server stays cut, and by whom', async () => {
    await world.restore({ incidentId: second });

    const [again] = await world.restore({ incidentId: second });

    expect(again).toMatchObject({ status: 'kept', keptBy: [{ incidentId: first }] });
    expect(again?.summary).toContain('Stays cut because of incident');
  });

  it('says the second time that it was undone before', async () => {
    await world.restore({ incidentId: second });
    await world.restore({ incidentId: first });
    const calls = world.lab.gateway.calls.length;

    const results = [...(await world.restore({ incidentId: second })), ...(await world.restore({ incidentId: first }))];

    expect(results.map(({ status }) => status)).toEqual(['already-undone', 'already-undone']);
    expect(world.lab.gateway.calls).toHaveLength(calls);
  });
});

describe('any number of incidents on two servers', () => {
  it('end as it all began, whatever the order of cuts and restores', async () => {
    const names = ['one', 'two', 'three'];
    const cutOf = fc.record({
      servers: fc.constantFrom<string[]>([alpha], [beta], [alpha, beta]),
      isTampered: fc.boolean(),
    });
    const plan = fc.tuple(
      fc.array(cutOf, { minLength: 3, maxLength: 3 }),
      fc.shuffledSubarray(names, { minLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(plan, async ([cuts, order]) => {
        const world = await CutWorld.start();
        const before = world.snapshot();
        for (const [index, { servers, isTampered }] of cuts.entries()) {
          // With its quarantine group opened by someone, the next cut seals: it sets another state than the one before.
          const rules = world.lab.ec2.model.securityGroups.get(world.groups.quarantine)?.rules;
          const everyone = { ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' };
          const added = isTampered ? world.lab.ec2.addRule(world.groups.quarantine, everyone, 'ingress') : '';
          await world.cut(names[index] ?? '', { servers });
          rules?.delete(added);
        }

        for (const name of order) await world.restore({ incidentId: incidentIdOf(name) });
        // The refused ones come again, newest first.
        for (const name of [...names].reverse()) await world.restore({ incidentId: incidentIdOf(name) });

        const [end, left] = [world.snapshot(), await world.table.audit.listCuts()];
        await world.lab.gateway.stop();
        expect(end).toEqual(before);
        expect(left).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });

  it('end as it all began when two incidents read the same former state at once', async () => {
    const world = await CutWorld.start();
    const before = world.snapshot();

    await Promise.all([world.cut('first', { servers: [alpha] }), world.cut('second', { servers: [alpha] })]);
    const results = await world.restore({ server: alpha });
    const [end, left] = [world.snapshot(), await world.table.audit.listCuts()];
    await world.lab.gateway.stop();

    expect(results.map(({ status }) => status)).toEqual(['kept', 'undone']);
    expect(end).toEqual(before);
    expect(left).toEqual([]);
  });
});

describe('two incidents, of which the first', () => {
  let world: CutWorld;
  let before: unknown;

  beforeEach(async () => {
    world = await CutWorld.start();
    before = world.snapshot();
  });
  afterEach(async () => world.lab.gateway.stop());

  /** Notes its cut and dies before its entry stands. */
  async function dieBeforeEntry(over: Partial<Cohort> = {}): Promise<void> {
    world.table.onCall = (call) => {
      if (call.includes(first) && call.includes('1-intended')) throw new Error('ProvisionedThroughputExceeded');
    };
    await expect(world.cut('first', { servers: [alpha], ...over })).rejects.toThrow('ProvisionedThroughputExceeded');
    world.table.onCall = () => undefined;
  }

  async function restoreAll(): Promise<void> {
    await world.restore({ server: alpha });
    await world.restore({ incidentId: first });
  }

  it.each([
    ['a server', {}],
    ['a port', { servers: [alpha, beta], cut: portCut }],
  ])(
    'noted a cut of %s without an entry, and is tried again after the second cut, are undone exactly',
    async (_, over) => {
      await dieBeforeEntry(over);
      await world.cut('second', { servers: [alpha], ...over });
      await world.cut('first', { servers: [alpha], ...over });

      await restoreAll();

      expect(world.snapshot()).toEqual(before);
    },
  );

  it('noted a cut without an entry is counted from its entry, with the targets of that', async () => {
    await dieBeforeEntry();
    await world.cut('second', { servers: [alpha] });
    await world.cut('first', { servers: [alpha, beta] });

    const cuts = await world.table.audit.listCuts();
    const [noteOfFirst, noteOfSecond] = [first, second].map((id) => cuts.find(({ entry }) => entry.incidentId === id));

    expect(String(noteOfFirst?.since) > String(noteOfSecond?.since)).toBe(true);
    expect(noteOfFirst?.targets.map(({ server }) => server)).toEqual([alpha, beta]);
  });

  it('noted a cut without an entry and never came back, keep nothing cut', async () => {
    await dieBeforeEntry();
    await world.cut('second', { servers: [alpha] });

    const results = await world.restore({ incidentId: second });

    expect(results.map(({ status }) => status)).toEqual(['undone']);
    expect(world.snapshot()).toEqual(before);
  });

  it('may be under way right now, leave the second one as it is', async () => {
    await dieBeforeEntry();
    await world.cut('second', { servers: [alpha] });
    world.clockMs -= 1_200_000;

    const [result] = await world.restore({ incidentId: second });

    expect(result?.status).toBe('refused');
    expect(result?.summary).toContain(first);
  });

  it('was stamped by a slow clock, are undone exactly', async () => {
    await world.cut('second', { servers: [alpha] });
    world.clockMs -= 60_000;
    await world.cut('first', { servers: [alpha] });

    const results = await world.restore({ server: alpha });

    expect(results.map(({ entry, status }) => [entry.incidentId, status])).toEqual([
      [second, 'kept'],
      [first, 'undone'],
    ]);
    expect(world.snapshot()).toEqual(before);
  });

  it('never cut, keep nothing cut', async () => {
    world.lab.gateway.setIntercept(({ operation }) =>
      operation === 'ModifyNetworkInterfaceAttribute'
        ? { error: { code: 'UnauthorizedOperation', message: 'no', status: 403 } }
        : undefined,
    );
    await world.cut('first', { servers: [alpha] });
    world.lab.gateway.setIntercept(undefined);
    await world.cut('second', { servers: [alpha] });

    const results = await world.restore({ incidentId: second });

    expect(results.map(({ status }) => status)).toEqual(['undone']);
    expect(world.snapshot()).toEqual(before);
  });
});
