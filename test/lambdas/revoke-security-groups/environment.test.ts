import { describe, expect, it } from 'vitest';
import { RevokeSecurityGroupsEnvironmentSchema } from '../../../lambdas/revoke-security-groups/environment.ts';
import { parseWith } from '../../../lambdas/shared/contracts/parse.ts';
import { EnvironmentInvalidError } from '../../../lambdas/shared/errors.ts';

const groups = { 'vpc-1': { quarantine: 'sg-q', sealed: 'sg-s', golden: { desk: 'sg-g' } } };
const parse = (quarantine: string | undefined) =>
  parseWith(
    RevokeSecurityGroupsEnvironmentSchema,
    { FUSE_TABLE_NAME: 'audit', FUSE_QUARANTINE: quarantine },
    'Environment',
    (message) => new EnvironmentInvalidError(message),
  );

describe('environment of revoke-security-groups', () => {
  it('reads the groups of each VPC', () => {
    expect(parse(JSON.stringify(groups))).toEqual({ FUSE_TABLE_NAME: 'audit', FUSE_QUARANTINE: groups });
  });

  it.each([
    ['nothing', undefined],
    ['no JSON', '{vpc-1'],
    ['no object', '"vpc-1"'],
    ['a VPC without sealed group', JSON.stringify({ 'vpc-1': { quarantine: 'sg-q', golden: {} } })],
    ['an unknown key', JSON.stringify({ 'vpc-1': { ...groups['vpc-1'], allowAll: 'sg-x' } })],
  ])('refuses %s by name', (_, value) => {
    expect(() => parse(value)).toThrow(/FUSE_QUARANTINE/);
  });
});
