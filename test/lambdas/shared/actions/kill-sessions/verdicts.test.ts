import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  findFaultInKillSessions,
  KillSessionsVerdictSchema,
  ReleaseSessionsVerdictSchema,
  type KillSessionsVerdict,
} from '../../../../../lambdas/shared/actions/kill-sessions/verdicts.ts';

const verdict: KillSessionsVerdict = {
  ok: true,
  document: 'kill-sessions',
  incident: 'inc-1',
  engine: 'postgresql',
  mode: 'kill',
  matched: 3,
  killed: 3,
  survivors: 0,
  spared: 1,
  rolledBack: 2,
  loginsHeld: ['batch@-1'],
  loginsLeft: [],
  listFile: '/var/lib/connection-fuse/inc-1/sessions-1.tsv',
  listDigest: 'a'.repeat(64),
  totalMs: 90,
  error: '',
};

describe('KillSessionsVerdictSchema', () => {
  it.each([{}, { rolledBack: null }, { engine: '', mode: '' }])('takes a verdict with %j', (change) => {
    expect(z.safeParse(KillSessionsVerdictSchema, { ...verdict, ...change }).success).toBe(true);
  });

  it.each([
    { engine: 'db2' },
    { mode: 'purge' },
    { document: 'kill-connections' },
    { listDigest: 'abc' },
    { killed: '3' },
  ])('refuses one with %j', (change) => {
    expect(z.safeParse(KillSessionsVerdictSchema, { ...verdict, ...change }).success).toBe(false);
  });
});

describe('ReleaseSessionsVerdictSchema', () => {
  it('takes what a host prints', () => {
    const { ok, incident, engine, totalMs, error } = verdict;
    const release = { ok, document: 'release-sessions', incident, engine, totalMs, error };

    const lists = { undone: ['batch@-1'], alreadyUndone: [], drifted: [] };
    expect(z.parse(ReleaseSessionsVerdictSchema, { ...release, ...lists })).toEqual({ ...release, ...lists });
  });
});

describe('findFaultInKillSessions', () => {
  it.each<[Partial<KillSessionsVerdict>, string | null]>([
    [{}, null],
    [{ mode: 'list', survivors: 3, killed: 0 }, null],
    [{ survivors: 1 }, '1 sessions survived'],
    [{ ok: false, error: 'Cannot list sessions: no' }, 'Cannot list sessions: no'],
    [{ ok: false }, 'Host says it did not succeed'],
  ])('reads %j', (change, expected) => {
    expect(findFaultInKillSessions({ ...verdict, ...change })).toBe(expected);
  });
});
