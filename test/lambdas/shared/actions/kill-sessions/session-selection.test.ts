import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseSession,
  databaseEngines,
  SelectionEmptyError,
  type DatabaseEngine,
  type DatabaseSession,
  type SessionSelection,
} from '../../../../../lambdas/shared/actions/kill-sessions/session-selection.ts';

const buildSession = (change: Partial<DatabaseSession> = {}): DatabaseSession => ({
  identity: '7-1',
  user: 'batch',
  application: 'loader',
  address: '10.0.0.7',
  isLocal: false,
  kind: 'client',
  isOwn: false,
  isAdministrator: false,
  ageSeconds: 60,
  ...change,
});
const buildSelection = (change: Partial<SessionSelection> = {}): SessionSelection => ({
  users: ['batch'],
  clients: [],
  applications: [],
  minAgeSeconds: 0,
  golden: [],
  spare: [],
  ...change,
});
const choose = (
  session: Partial<DatabaseSession>,
  selection: Partial<SessionSelection> = {},
  engine: DatabaseEngine = 'postgresql',
) => {
  const choice = chooseSession(engine, buildSession(session), buildSelection(selection));
  return choice.kind === 'spared' ? choice.reason : choice.kind === 'not-selected' ? choice.condition : choice.kind;
};

type Case = readonly [string, Partial<DatabaseSession>, Partial<SessionSelection>, string];

describe('chooseSession', () => {
  it.each<Case>([
    ['every condition holds', {}, { clients: ['10.0.0.0/8'], applications: ['loader'], minAgeSeconds: 60 }, 'matched'],
    ['one of several users is its own', {}, { users: ['app', 'batch'] }, 'matched'],
    ['another user', { user: 'app' }, {}, 'user'],
    ['no user at all', { user: null }, {}, 'user'],
    ['a user of other case', { user: 'Batch' }, {}, 'user'],
    ['another client', {}, { clients: ['10.0.1.0/24', 'fd00::/8'] }, 'client'],
    ['no address where a client is asked for', { address: null }, { clients: ['0.0.0.0/0'] }, 'client'],
    ['another application', {}, { applications: ['shop'] }, 'application'],
    ['a second too young', {}, { minAgeSeconds: 61 }, 'age'],
    ['a mapped address inside an IPv4 client', { address: '::ffff:10.0.0.7' }, { clients: ['10.0.0.7'] }, 'matched'],
    ['our own', { isOwn: true }, {}, 'own'],
    ['a replica', { kind: 'replication' }, {}, 'replication'],
    ["the engine's own", { kind: 'engine' }, {}, 'engine'],
    ['a spared user, though named', {}, { spare: ['batch'] }, 'monitoring'],
    ['a backup', { application: 'pg_dump' }, {}, 'backup'],
    ['a backup in other case, though named', { application: 'Barman' }, { applications: ['Barman'] }, 'backup'],
    ['an administrator by address', { isAdministrator: true }, { users: [], clients: ['10.0.0.7'] }, 'administrator'],
    ['an administrator by name', { isAdministrator: true }, {}, 'matched'],
    ['a golden peer', {}, { golden: ['10.0.0.0/24'] }, 'golden'],
    ['a golden channel in', {}, { golden: ['in@10.0.0.7/32@5432'] }, 'golden'],
    ['a golden channel out', {}, { golden: ['out@10.0.0.7@any'] }, 'golden'],
    ['a golden peer elsewhere', {}, { golden: ['10.0.0.8', '::/0'] }, 'matched'],
    ['no address, by user alone', { address: null, isLocal: true }, {}, 'no-address'],
    [
      'the socket, by both names',
      { address: null, isLocal: true },
      { applications: ['loader'], golden: ['::/0'] },
      'matched',
    ],
    ['a host name, by both names', { address: null }, { applications: ['loader'] }, 'matched'],
    [
      'a host name that might be golden',
      { address: null },
      { applications: ['loader'], golden: ['::/0'] },
      'no-address',
    ],
  ])('decides on %s', (_name, session, selection, expected) => {
    expect(choose(session, selection)).toBe(expected);
  });

  it.each<[DatabaseEngine, string]>([
    ['postgresql', 'user'],
    ['mariadb', 'user'],
    ['mysql', 'user'],
    ['oracle', 'matched'],
    ['sqlserver', 'matched'],
  ])('folds the case of names on %s as the engine does', (engine, expected) => {
    expect(choose({ user: 'BATCH' }, {}, engine)).toBe(expected);
  });

  it('refuses an empty selection', () => {
    const empty = buildSelection({ users: [], golden: ['10.0.0.0/8'], minAgeSeconds: 5 });

    expect(() => chooseSession('postgresql', buildSession(), empty)).toThrow(SelectionEmptyError);
  });

  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const sessions = fc.record({
    identity: fc.constant('7-1'),
    user: fc.option(fc.constantFrom('batch', 'app', 'zabbix')),
    application: fc.option(fc.constantFrom('loader', 'shop', 'rman', 'mysqldump')),
    address: fc.option(address),
    isLocal: fc.boolean(),
    kind: fc.constantFrom('client', 'client', 'replication', 'engine'),
    isOwn: fc.boolean(),
    isAdministrator: fc.boolean(),
    ageSeconds: fc.nat(100),
  });
  const list = <T>(from: fc.Arbitrary<T>) => fc.array(from, { maxLength: 3 });
  const selections = fc.record({
    users: fc.constantFrom(['batch'], ['batch', 'app']),
    clients: list(address),
    applications: list(fc.constantFrom('loader', 'shop', 'rman')),
    minAgeSeconds: fc.nat(100),
    golden: list(address),
    spare: list(fc.constantFrom('app', 'zabbix')),
  });
  const engines = fc.constantFrom(...databaseEngines);

  it('never matches what is its own, not a client, golden, spared, or outside a condition', () => {
    fc.assert(
      fc.property(engines, sessions, selections, (engine, session, selection) => {
        if (chooseSession(engine, session, selection).kind !== 'matched') return;
        expect(session).toMatchObject({ isOwn: false, kind: 'client' });
        expect(selection.golden).not.toContain(session.address);
        expect(selection.spare).not.toContain(session.user);
        expect(selection.users).toContain(session.user);
        expect(session.ageSeconds).toBeGreaterThanOrEqual(selection.minAgeSeconds);
        expect(selection.clients.length > 0 && session.address === null).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('matches no more for a further condition, golden peer or spared user', () => {
    fc.assert(
      fc.property(engines, sessions, selections, address, (engine, session, selection, more) => {
        const stricter = { ...selection, golden: [...selection.golden, more], spare: [...selection.spare, 'batch'] };
        const older = { ...selection, minAgeSeconds: selection.minAgeSeconds + 1 };

        const before = chooseSession(engine, session, selection).kind;
        const after = [stricter, older].map((other) => chooseSession(engine, session, other).kind);
        expect(before !== 'matched' && after.includes('matched')).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
