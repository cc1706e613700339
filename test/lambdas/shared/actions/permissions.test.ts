import { describe, expect, it } from 'vitest';
import { actions } from '../../../../lambdas/shared/actions/index.ts';

const granted = Object.values(actions).flatMap(({ id, permissions }) =>
  Object.values(permissions).flatMap((some) =>
    some.flatMap((permission) => permission.actions.map((action) => `${id} ${action}`)),
  ),
);

describe('the permissions of all actions', () => {
  it('touch no identity, role or instance as a whole: what is cut is a server, not all that shares its role', () => {
    expect(granted.length).toBeGreaterThan(20);
    expect(granted.filter((line) => /(iam|sts|organizations|sso):/i.test(line))).toEqual([]);
    expect(
      granted.filter((line) => /ModifyInstance|AssociateIam|Terminate|StopInstances|RebootInstances/.test(line)),
    ).toEqual([]);
  });
});
