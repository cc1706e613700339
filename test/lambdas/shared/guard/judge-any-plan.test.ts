import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../../../lambdas/shared/guard/judge.ts';
import { buildCohort } from '../../../builders/action-request.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildDescription, fuseTags } from '../../../builders/server.ts';

const fleet = ['i-1', 'i-2', 'i-3', 'i-4'];
const anyServers = fc.uniqueArray(fc.constantFrom(...fleet));
const channel = { name: 'desk', servers: { profile: 'trading' }, direction: 'in', peers: ['10.0.0.0/24'] };
const policy = buildPolicy({
  lifelines: [{ name: 'kept', kind: 'clearing', servers: { ids: ['i-4'] } }],
  goldenChannels: [channel],
});

const anyServer = fc.record({
  /** Null is a server that EC2 did not tell of. */
  state: fc.constantFrom(null, 'running', 'running', 'running', 'stopped', 'terminated', 'shutting-down'),
  tags: fc.record(
    { lifeline: fc.constantFrom('clearing', ''), profile: fc.constantFrom('trading', 'general') },
    { requiredKeys: [] },
  ),
});
const anyCase = fc.record({
  servers: fc.array(anyServer, { minLength: fleet.length, maxLength: fleet.length }),
  mode: fc.constantFrom('armed', 'armed', 'shadow', 'off'),
  cohort: anyServers,
  knowsChannel: fc.boolean(),
  changes: fc.array(fc.record({ server: fc.constantFrom(...fleet), alsoTouches: anyServers }), { maxLength: 6 }),
  unable: anyServers,
});
type Case = typeof anyCase extends fc.Arbitrary<infer Value> ? Value : never;

function play({ servers, mode, cohort, knowsChannel, changes, unable }: Case, keepsAlive = false) {
  const known = fleet.flatMap((id, index) => {
    const { state = null, tags = {} } = servers[index] ?? {};
    return state === null ? [] : [buildDescription({ id, state, tags: fuseTags(tags) })];
  });
  return judge(
    {
      changes: changes.map((change, index) => ({ ...change, target: `eni-${index}`, before: {}, intended: {} })),
      leftAlone: [],
      unable: unable.map((target) => ({ target, reason: 'is not managed' })),
    },
    buildCohort({ servers: cohort, goldenChannels: knowsChannel ? ['desk'] : [] }),
    { mode, servers: new Map(known.map((one) => [one.id, one])) },
    policy,
    { keepsAlive },
  );
}

/** Read anew, so that it does not agree with the guard by itself. */
function mustNotBeTouched(server: string, { servers, knowsChannel, mode }: Case): boolean {
  const { state = null, tags = {} } = servers[fleet.indexOf(server)] ?? {};
  const isKept = 'lifeline' in tags || server === 'i-4';
  return mode === 'off' || state === null || isKept || (tags.profile === 'trading' && !knowsChannel);
}

const isGone = (server: string, { servers }: Case) =>
  ['terminated', 'shutting-down'].includes(servers[fleet.indexOf(server)]?.state ?? '');

const isLifeline = (server: string, { servers }: Case) =>
  server === 'i-4' || 'lifeline' in (servers[fleet.indexOf(server)]?.tags ?? {});

describe('the guard, whatever an action plans', () => {
  it('lets no action that cuts near a lifeline, and the one that keeps alive near nothing else', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const touchedBy = (keepsAlive: boolean) =>
          play(one, keepsAlive).allowed.flatMap(({ server, alsoTouches = [] }) => [server, ...alsoTouches]);

        expect(touchedBy(false).filter((server) => isLifeline(server, one))).toEqual([]);
        expect(touchedBy(true).filter((server) => !isLifeline(server, one))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('lets the one that keeps alive touch every lifeline that is known and there, unless the fuse is off', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const { allowed, refusals } = play(one, true);

        const isKnown = (server: string) => one.mode !== 'off' && one.servers[fleet.indexOf(server)]?.state != null;
        const mayBeKept = (server: string) => isKnown(server) && isLifeline(server, one);
        const wanted = one.changes.flatMap(({ server, alsoTouches }, index) =>
          [server, ...alsoTouches].every(mayBeKept) && !isGone(server, one) ? [`eni-${index}`] : [],
        );
        // What another server outlives is the concern of changes that lead traffic elsewhere.
        expect(allowed.map(({ target }) => target)).toEqual(expect.arrayContaining(wanted));
        expect(refusals.map(({ target }) => target)).toEqual(one.cohort.filter((server) => !mayBeKept(server)));
      }),
      { numRuns: 100 },
    );
  });

  it('lets through exactly what touches none that must not be touched, unless all it touches is gone', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const { allowed } = play(one);

        const wanted = one.changes.flatMap(({ server, alsoTouches }, index) => {
          const isSpared = [server, ...alsoTouches].some((touched) => mustNotBeTouched(touched, one));
          const isAllGone = [server, ...alsoTouches].every((touched) => isGone(touched, one));
          return isSpared || isAllGone ? [] : [`eni-${index}`];
        });
        expect(allowed.map(({ target }) => target)).toEqual(wanted);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses each server of the cohort that must not be touched, and says of the others nothing', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const { refusals, leftAlone, unable } = play(one);

        const spared = one.cohort.filter((server) => mustNotBeTouched(server, one));
        const gone = one.cohort.filter((server) => isGone(server, one) && !spared.includes(server));
        expect(refusals.map(({ target }) => target)).toEqual(spared);
        expect(leftAlone.map(({ target }) => target)).toEqual(gone);
        expect(unable.map(({ target }) => target).filter((server) => [...spared, ...gone].includes(server))).toEqual(
          [],
        );
      }),
      { numRuns: 100 },
    );
  });
});
