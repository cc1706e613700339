import { describe, expect, it } from 'vitest';
import { killSessionsWork } from '../../../../../lambdas/shared/actions/kill-sessions/kill-sessions.ts';
import { killSessionsParameters } from '../../../../../documents/kill-sessions.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { buildPolicy } from '../../../../builders/policy.ts';

const order = (logistics: Readonly<Record<string, unknown>>) =>
  killSessionsWork.order({
    incident: buildIncident(),
    cohort: buildCohort({ profile: 'logistics', byProfile: true }),
    policy: buildPolicy({ profiles: { logistics: { users: ['batch'], ...logistics } } }),
  });

describe('order of kill-sessions', () => {
  it('goes to the database of the host where the policy names no other', () => {
    expect(order({})).toMatchObject({ kind: 'run', parameters: { connection: 'local' } });
  });

  it('goes to the RDS instance that the policy names, and records it before the first session is ended', () => {
    const longest = `rds:${'a'.repeat(63)}`;

    expect(order({ connection: longest })).toMatchObject({
      kind: 'run',
      before: { connection: longest },
      parameters: { connection: longest },
    });
    expect(longest).toHaveLength(killSessionsParameters.connection.maxChars);
  });

  it.each([
    '',
    'rds',
    'rds:',
    'rds:a b',
    'rds:a/b',
    "rds:a'b",
    'rds:$(id)',
    'rds:a\n',
    `rds:${'a'.repeat(64)}`,
    'LOCAL',
  ])('finds no policy that names %j as a connection', (connection) => {
    expect(() => order({ connection })).toThrow('connection');
  });
});
