import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  killSession,
  listSessions,
  SessionIdentityError,
} from '../../../../../lambdas/shared/actions/kill-sessions/rds-statements.ts';
import {
  databaseEngines,
  type DatabaseEngine,
} from '../../../../../lambdas/shared/actions/kill-sessions/session-selection.ts';

// Not run against RDS. PostgreSQL's and MariaDB's texts run on the engines in test/host; Oracle's and SQL Server's lists
// and SQL Server's kill were read once by the parser of sqlglot 30.30.

const identities: Readonly<Record<DatabaseEngine, string>> = {
  postgresql: '4711-1795407504142086',
  mariadb: '12-0123456789abcdef0123456789abcdef',
  mysql: '12-0123456789abcdef0123456789abcdef',
  oracle: '132-874',
  sqlserver: '57-2026-11-23T01:02:03.123',
};

describe('killSession', () => {
  it('ends Oracle sessions by the procedure RDS grants, looked up again by number and serial', () => {
    const [statement, ...more] = killSession('oracle', identities.oracle);

    expect(more).toEqual([]);
    expect(statement?.values).toEqual(['132', '874']);
    expect(statement?.text).toContain('where sid = :1 and serial# = :2');
    expect(statement?.text).toContain(
      `rdsadmin.rdsadmin_util.kill(sid => s.sid, serial => s.serial, method => 'IMMEDIATE');`,
    );
    expect(statement?.text).not.toContain('alter system');
  });

  it.each(['mysql', 'mariadb'] as const)(
    'ends %s sessions by mysql.rds_kill, looked up again by user and host',
    (engine) => {
      const [find, kill, ...more] = killSession(engine, identities[engine]);

      expect(more).toEqual([]);
      expect(find?.values).toEqual(['12', '0123456789abcdef0123456789abcdef']);
      expect(find?.text).toContain(`p.id = ?\n  and md5(concat_ws('@', p.user, p.host)) = ?`);
      expect(kill).toEqual({ text: 'call mysql.rds_kill(@id)', values: [] });
    },
  );

  it('ends PostgreSQL sessions by number and start, and never those of rdsadmin', () => {
    const [statement] = killSession('postgresql', identities.postgresql);

    expect(statement?.values).toEqual(['4711', '1795407504142086']);
    expect(statement?.text).toMatch(/^select pg_terminate_backend\(a\.pid\) from pg_stat_activity a\n/);
    expect(statement?.text).toContain(`a.usename not in ('rdsadmin', 'rdsrepladmin')`);
    expect(statement?.text).toContain(`a.backend_type = 'client backend' and a.pid <> pg_backend_pid()`);
  });

  it('ends SQL Server sessions by a KILL built from the number just found', () => {
    const [statement] = killSession('sqlserver', identities.sqlserver);

    expect(statement?.values).toEqual(['57', '2026-11-23T01:02:03.123']);
    expect(statement?.text).toContain(`declare @kill varchar(20) = 'KILL ' + cast(@id as varchar(10));`);
    expect(statement?.text).toContain('if @id is not null exec(@kill);');
  });

  it.each(databaseEngines)('puts nothing of an identity into the text on %s', (engine) => {
    const [number = ''] = identities[engine].split('-');

    const texts = killSession(engine, identities[engine]).map(({ text }) => text);

    expect(texts.join('\n')).not.toContain(number);
  });

  it.each(databaseEngines)('refuses what is no identity of %s', (engine) => {
    const others = databaseEngines.map((other) => identities[other]).filter((other) => other !== identities[engine]);
    const hostile = ["1-1'; drop table x", '1 - 1', '-1-1', '1-', '', `${identities[engine]}\n`, '1--1'];

    for (const identity of [...others, ...hostile]) {
      // Number and digits: PostgreSQL's and Oracle's forms overlap.
      if (/^\d+-\d+$/.test(identity) && (engine === 'postgresql' || engine === 'oracle')) continue;
      expect(() => killSession(engine, identity)).toThrow(SessionIdentityError);
    }
  });

  it('never throws anything else, and never takes a text with a quote', () => {
    fc.assert(
      fc.property(fc.constantFrom(...databaseEngines), fc.string(), (engine, text) => {
        expect(() => killSession(engine, `1-1'${text}`)).toThrow(SessionIdentityError);
      }),
    );
  });
});

describe('listSessions', () => {
  it.each(databaseEngines)('reads on %s what the choice needs, and changes nothing', (engine) => {
    const { text, values } = listSessions(engine);

    expect(values).toEqual([]);
    for (const column of [
      'identity',
      'application',
      'address',
      'is_local',
      'kind',
      'is_own',
      'is_administrator',
      'age_seconds',
    ]) {
      // IDENTITY is a reserved word of SQL Server.
      expect(text).toContain(engine === 'sqlserver' && column === 'identity' ? ' as [identity]' : ` as ${column}`);
    }
    expect(text).toMatch(/^select /);
    expect(text).not.toMatch(/\b(kill|terminate|update|delete|insert|alter)\b|;/i);
  });
});
