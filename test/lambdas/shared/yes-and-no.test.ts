import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { RestoreRequestSchema } from '../../../lambdas/shared/contracts/restoring.ts';
import { parsePolicy } from '../../../lambdas/shared/policy/parse-policy.ts';
import { ManualStartSchema } from '../../../lambdas/shared/signals/parse-manual.ts';

/** What other tools have been seen to take for a yes. */
const words = ['true', 'false', 'yes', 'no', 'on', 'off', '0', '1', '', 0, 1, null, [], {}];

const start = {
  fuse: 'trip',
  requestedBy: 'ada',
  reason: 'test',
  requestId: 't1',
  kind: 'other-threat',
  servers: ['i-1'],
};
const restore = { incidentId: 'inc-1', requestedBy: 'ada', reason: 'test' };
const policy = (over: object) => ({ version: 1, services: [{ name: 'shop', coreBusiness: true }], ...over });

const takesStart = (value: unknown) => z.safeParse(ManualStartSchema, value).success;
const takesRestore = (value: unknown) => z.safeParse(RestoreRequestSchema, value).success;
const takesPolicy = (value: unknown) => {
  try {
    parsePolicy(value);
    return true;
  } catch {
    return false;
  }
};

describe('a yes or no', () => {
  it.each([
    [
      'whether a service is core business',
      (value: unknown) => takesPolicy(policy({ services: [{ name: 'shop', coreBusiness: value }] })),
    ],
    ['whether the glass is broken', (value: unknown) => takesStart({ ...start, breakGlass: value })],
    ['whether what expired is restored', (value: unknown) => takesRestore({ ...restore, expired: value })],
    ['whether the fuse itself restores', (value: unknown) => takesRestore({ ...restore, automatic: value })],
  ])('is no word, number or empty thing: %s', (_, takes) => {
    expect(takes(true)).toBe(true);
    expect(words.filter(takes)).toEqual([]);
  });

  it.each([
    ['policy', (name: string) => takesPolicy(policy({ [name]: true }))],
    ['manual start', (name: string) => takesStart({ ...start, [name]: true })],
    ['restore request', (name: string) => takesRestore({ ...restore, [name]: true })],
  ])('is not read from a misspelt or unknown key of a %s', (_, takes) => {
    expect(['breakglass', 'BreakGlass', 'expird', 'dryRun', 'force', 'isolate'].filter(takes)).toEqual([]);
  });
});
