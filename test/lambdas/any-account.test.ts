import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wouldBeCut } from '../../lambdas/shared/answers/would-be-cut.ts';
import type { ActionOutcome } from '../../lambdas/shared/contracts/action.ts';
import type { Assessment, Cohort } from '../../lambdas/shared/contracts/incident.ts';
import type { UndoResult } from '../../lambdas/shared/contracts/restoring.ts';
import { AccountWorld, type Instant } from '../builders/account-world.ts';
import { buildCohort } from '../builders/action-request.ts';
import { anyAccount, fleet, isAbout, isLifeline, type Account } from '../builders/any-account.ts';
import { isIn, listAdmitted, type Packet } from '../builders/packets.ts';

const numRuns = 60;

/** What an account went through: cut twice, restored twice. */
interface Story {
  readonly world: AccountWorld;
  readonly assessment: Assessment;
  readonly outcomes: readonly (readonly ActionOutcome[])[];
  readonly snapshots: Readonly<Record<'before' | 'cut' | 'cutAgain' | 'restored' | 'restoredAgain', unknown>>;
  /** Calls that changed something, by the first and the second cut. */
  readonly calls: readonly number[];
  readonly undoings: readonly (readonly UndoResult[])[];
  /** Instants until the second cut had ended. */
  readonly cutting: readonly Instant[];
  readonly standing: readonly unknown[];
}

/** All that would be cut is cut, as if every question had been answered with yes. */
async function cutAll(world: AccountWorld, { incident, cohorts }: Assessment): Promise<ActionOutcome[]> {
  const outcomes: ActionOutcome[] = [];
  if (incident === null) return outcomes;
  for (const cohort of cohorts.filter(wouldBeCut)) {
    outcomes.push(await world.cut(incident, cohort));
  }
  return outcomes;
}

async function play(account: Account): Promise<Story> {
  const world = await AccountWorld.start(account);
  const before = world.snapshot();
  const assessment = await world.assess();
  const id = assessment.incident?.id ?? '';
  const first = await cutAll(world, assessment);
  const [cut, callsOfFirst] = [world.snapshot(), world.changingCalls().length];
  const second = await cutAll(world, assessment);
  const [cutAgain, callsOfBoth, cutting] = [world.snapshot(), world.changingCalls().length, [...world.instants]];
  const undone = await world.restore(id);
  const restored = world.snapshot();
  const undoneAgain = await world.restore(id);
  const snapshots = { before, cut, cutAgain, restored, restoredAgain: world.snapshot() };
  const standing = await world.table.audit.listCuts();
  await world.stop();
  const calls = [callsOfFirst, callsOfBoth - callsOfFirst];
  return {
    world,
    assessment,
    outcomes: [first, second],
    snapshots,
    calls,
    undoings: [undone, undoneAgain],
    cutting,
    standing,
  };
}

/** All checks draw the same accounts, so each is played once. */
const played = new Map<string, Promise<Story>>();

async function check(holds: (story: Story, account: Account) => void): Promise<number> {
  let cuts = 0;
  const playOnce = async (account: Account): Promise<Story> => {
    const key = JSON.stringify(account);
    const story = played.get(key) ?? play(account);
    played.set(key, story);
    return story;
  };
  await fc.assert(
    fc.asyncProperty(anyAccount, async (account) => {
      const story = await playOnce(account);
      if ((story.calls[0] ?? 0) > 0) cuts += 1;
      holds(story, account);
    }),
    { numRuns },
  );
  return cuts;
}

/** Interfaces of servers about which something is true. */
function cardsOf({ serverOf }: AccountWorld, isMeant: (server: string) => boolean): string[] {
  return [...serverOf].filter(([, server]) => isMeant(server)).map(([card]) => card);
}

/** Packets that an interface lets through at some instant and did not at the first. */
function listOpened(instants: readonly Instant[], card: string): Packet[] {
  const [first] = instants;
  const former = listAdmitted(first?.get(card) ?? []);
  return instants.flatMap((instant) => [...listAdmitted(instant.get(card) ?? [])].filter((one) => !former.has(one)));
}

function carries(
  { direction, ports, peers }: { direction: string; ports?: readonly number[] | undefined; peers: readonly string[] },
  { isEgress, protocol, address, port }: Packet,
): boolean {
  return (
    isEgress === (direction === 'out') &&
    protocol === 'tcp' &&
    (ports === undefined || ports.includes(port)) &&
    peers.some((peer) => isIn(address, peer))
  );
}

function isAgentPath({ isEgress, protocol, address, port }: Packet): boolean {
  return isEgress && protocol === 'tcp' && port === 443 && isIn(address, '10.0.9.0/24');
}

function isVerified([first = []]: Story['outcomes'], id: string): boolean {
  return first.some(({ cohortId, status }) => cohortId === id && status === 'verified');
}

describe('whatever account, policy and signal', () => {
  it('changes nothing on a lifeline, at no instant', async () => {
    const cuts = await check(({ world, cutting }, account) => {
      for (const card of cardsOf(world, (server) => isLifeline(server, account))) {
        expect(cutting.filter((instant) => !isSame(instant, cutting[0], card))).toEqual([]);
      }
    });

    // Else all of this would be said of accounts in which nothing happens.
    expect(cuts).toBeGreaterThan(numRuns / 6);
  });

  it('changes nothing on a server that the signal does not name, at no instant', async () => {
    await check(({ world, cutting }, { start }) => {
      for (const card of cardsOf(world, (server) => !start.servers.includes(server))) {
        expect(cutting.filter((instant) => !isSame(instant, cutting[0], card))).toEqual([]);
      }
    });
  });

  it('is never more open than before, at no instant of cut and restore', async () => {
    await check(({ world }) => {
      for (const card of cardsOf(world, () => true)) expect(listOpened(world.instants, card)).toEqual([]);
    });
  });

  it('keeps open what a golden channel had open', async () => {
    await check(({ world, cutting }, account) => {
      account.goldenChannels.forEach((channel) => {
        const golden = (packet: Packet) => carries(channel, packet);
        for (const card of cardsOf(world, (server) => isAbout(channel.servers, server, account))) {
          const kept = [...listAdmitted(cutting[0]?.get(card) ?? [])].filter(golden);
          for (const instant of cutting) {
            const admitted = listAdmitted(instant.get(card) ?? []);
            expect(kept.filter((packet) => !admitted.has(packet))).toEqual([]);
          }
        }
      });
    });
  });

  it('lets through a server cut whole the path of the agent and golden channels, and nothing else in either family', async () => {
    let checked = 0;
    await check(({ world, assessment, outcomes, cutting }) => {
      const whole = assessment.cohorts.filter(({ id, cut }) => cut.scope === 'server' && isVerified(outcomes, id));
      for (const { servers, goldenChannels } of whole) {
        const channels = world.policy.goldenChannels.filter(({ name }) => goldenChannels.includes(name));
        for (const card of cardsOf(world, (server) => servers.includes(server))) {
          const admitted = [...listAdmitted(cutting.at(-1)?.get(card) ?? [])];
          checked += 1;
          expect(
            admitted.filter((one) => !isAgentPath(one) && !channels.some((channel) => carries(channel, one))),
          ).toEqual([]);
        }
      }
    });

    expect(checked).toBeGreaterThan(0);
  });

  it('does by a second cut what the first did: nothing more, and says the same', async () => {
    await check(({ snapshots, calls, outcomes }) => {
      expect(snapshots.cutAgain).toEqual(snapshots.cut);
      expect(calls[1]).toBe(0);
      expect(outcomes[1]).toEqual(outcomes[0]);
    });
  });

  it('has everything as it was after a restore, and nothing left to do for a second one', async () => {
    await check(({ snapshots, undoings, standing }) => {
      expect(snapshots.restored).toEqual(snapshots.before);
      expect(snapshots.restoredAgain).toEqual(snapshots.before);
      expect(standing).toEqual([]);
      expect(undoings.flat().filter(({ status }) => status !== 'undone' && status !== 'already-undone')).toEqual([]);
      expect(undoings[1]?.filter(({ status }) => status !== 'already-undone')).toEqual([]);
    });
  });

  it('decides in shadow mode what it decides when armed, records the same, and changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(anyAccount, async (account) => {
        const [armed, shadow] = await Promise.all([AccountWorld.start(account), AccountWorld.start(account, 'shadow')]);
        const [before, live, planned] = [shadow.snapshot(), await armed.assess(), await shadow.assess()];

        await cutAll(armed, live);
        const outcomes = await cutAll(shadow, planned);

        await Promise.all([armed.stop(), shadow.stop()]);
        expect(planned).toEqual(live);
        expect(shadow.snapshot()).toEqual(before);
        expect(shadow.changingCalls()).toEqual([]);
        expect(outcomes.filter(({ firstCallAt, counts }) => firstCallAt !== null || counts.verified > 0)).toEqual([]);
        expect(listIntended(shadow)).toEqual(listIntended(armed));
        expect(await shadow.table.audit.listCuts()).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('cuts no lifeline even if the answers are false, and one becomes a lifeline on the way', async () => {
    await fc.assert(
      fc.asyncProperty(anyAccount, async (account) => {
        const world = await AccountWorld.start(account);
        const { incident } = await world.assess();
        const [first] = fleet;
        if (account.late !== null) world.protect(first, account.late);
        const begun = world.instants.length - 1;

        if (incident !== null) await world.cut(incident, forgeCohort(world, account));

        await world.stop();
        const instants = world.instants.slice(begun);
        const isKept = (server: string) => isLifeline(server, account) || (account.late !== null && server === first);
        for (const card of cardsOf(world, isKept)) {
          expect(instants.filter((instant) => !isSame(instant, instants[0], card))).toEqual([]);
        }
        for (const card of cardsOf(world, () => true)) expect(listOpened(instants, card)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

/** Every server in one cohort with a cut: as if the assessment knew nothing of lifelines. */
function forgeCohort({ policy }: AccountWorld, { start }: Account): Cohort {
  const { ports, peers } = start;
  return buildCohort({
    servers: [...fleet],
    answers: {
      lifeline: false,
      spreads: true,
      coreBusiness: true,
      securityRisk: true,
      underReview: true,
      overloaded: true,
    },
    goldenChannels: policy.goldenChannels.map(({ name }) => name),
    ...(ports !== undefined && { cut: { scope: 'ports', ports } }),
    ...(peers !== undefined && { cut: { scope: 'peers', peers } }),
  });
}

/** The write-ahead entries but for the mode they were written in. */
function listIntended({ table }: AccountWorld): unknown[] {
  return table.items.filter(({ sk }) => sk.endsWith('#1-intended')).map((item) => ({ ...item, mode: '' }));
}

function isSame(left: Instant, right: Instant | undefined, card: string): boolean {
  return JSON.stringify(left.get(card)) === JSON.stringify(right?.get(card));
}
