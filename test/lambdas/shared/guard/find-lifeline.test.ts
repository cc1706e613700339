import { describe, expect, it } from 'vitest';
import { findLifeline, listLifelineKinds, type LifelineSigns } from '../../../../lambdas/shared/guard/find-lifeline.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { fuseTags } from '../../../builders/server.ts';

const server = 'i-0000000000000000a';
const other = 'i-0000000000000000b';

function buildSigns(over: Partial<LifelineSigns> = {}): LifelineSigns {
  return { server, state: 'running', tags: {}, interfaces: [], ...over };
}

/** A policy with one lifeline, and whatever else it says. */
function buildLifeline(servers: object, over: Readonly<Record<string, unknown>> = {}) {
  return buildPolicy({ lifelines: [{ name: 'core', kind: 'clearing', servers }], ...over });
}

/** The policy as it would be if its check had let a selector through that chooses nothing. */
function withSelector(servers: object) {
  const policy = buildLifeline({ ids: [other] });
  return { ...policy, lifelines: [{ name: 'core', kind: 'clearing' as const, servers }] };
}

const isKept = (signs: Partial<LifelineSigns>, policy: ReturnType<typeof buildPolicy>) =>
  findLifeline(buildSigns(signs), policy) !== null;

describe('findLifeline', () => {
  it('says by what a server is one', () => {
    const tags = fuseTags({ lifeline: 'clearing' });

    expect(findLifeline(buildSigns({ tags }), buildPolicy())).toBe(
      'Lifeline by its tag "connection-fuse:lifeline=clearing"',
    );
    expect(findLifeline(buildSigns({ interfaces: [{ id: 'eni-1', tags }] }), buildPolicy())).toBe(
      'Lifeline by the tag "connection-fuse:lifeline" of its interface "eni-1"',
    );
    expect(findLifeline(buildSigns(), buildLifeline({ ids: [server] }))).toBe(
      'Lifeline "core" (clearing) of the policy',
    );
    expect(findLifeline(buildSigns(), buildPolicy())).toBeNull();
  });

  it('looks at every interface', () => {
    const interfaces = [
      { id: 'eni-1', tags: {} },
      { id: 'eni-2', tags: fuseTags({ lifeline: '' }) },
    ];

    expect(findLifeline(buildSigns({ interfaces }), buildPolicy())).toContain('"eni-2"');
  });

  it('looks at every entry of the policy', () => {
    const policy = buildPolicy({
      lifelines: [
        { name: 'one', kind: 'clearing', servers: { ids: [other] } },
        { name: 'two', kind: 'life-support', servers: { ids: [server] } },
      ],
    });

    expect(findLifeline(buildSigns(), policy)).toBe('Lifeline "two" (life-support) of the policy');
  });

  it.each<[string, boolean, Partial<LifelineSigns>, Parameters<typeof buildLifeline>[1]]>([
    ['its tag', true, { tags: fuseTags({ service: 'shop' }) }, {}],
    ['the servers listed for the service', true, {}, { services: [listing([server])] }],
    ['the entry of the server', true, {}, { servers: { [server]: { service: 'shop' } } }],
    ['its tag, though the policy names another', true, { tags: fuseTags({ service: 'shop' }) }, entryOf('matching')],
    ['nothing', false, {}, {}],
    ['the tag of another', false, { tags: fuseTags({ service: 'matching' }) }, {}],
    ['a list with others only', false, {}, { services: [listing([other])] }],
  ])('takes a service for its own by %s: %s', (_, expected, signs, policy) => {
    expect(isKept(signs, buildLifeline({ service: 'shop' }, policy))).toBe(expected);
  });

  it.each<[string, boolean, Partial<LifelineSigns>, Parameters<typeof buildLifeline>[1]]>([
    ['its tag', true, { tags: fuseTags({ profile: 'trading' }) }, {}],
    ['the entry of the server', true, {}, { servers: { [server]: { profile: 'trading' } } }],
    [
      'its tag, though the policy names another',
      true,
      { tags: fuseTags({ profile: 'trading' }) },
      { servers: { [server]: { profile: 'medical' } } },
    ],
    ['nothing', false, {}, {}],
    ['the tag of another', false, { tags: fuseTags({ profile: 'medical' }) }, {}],
  ])('takes a profile for its own by %s: %s', (_, expected, signs, policy) => {
    expect(isKept(signs, buildLifeline({ profile: 'trading' }, policy))).toBe(expected);
  });

  it('calls a server general that names no profile, and no other', () => {
    const policy = buildLifeline({ profile: 'general' });

    expect(isKept({}, policy)).toBe(true);
    expect(isKept({ tags: fuseTags({ profile: 'general' }) }, policy)).toBe(true);
    expect(isKept({ tags: fuseTags({ profile: 'trading' }) }, policy)).toBe(false);
  });

  it('takes a tag of any key with its very value', () => {
    const policy = buildLifeline({ tag: { key: 'ward', value: 'icu' } });

    expect(isKept({ tags: { ward: 'icu' } }, policy)).toBe(true);
    expect(isKept({ tags: { ward: 'ICU' } }, policy)).toBe(false);
    expect(isKept({}, policy)).toBe(false);
  });

  it('asks for every field that a selector gives', () => {
    const policy = buildLifeline({
      ids: [server],
      service: 'shop',
      profile: 'trading',
      tag: { key: 'ward', value: 'icu' },
    });
    const tags = { ...fuseTags({ service: 'shop', profile: 'trading' }), ward: 'icu' };

    expect(isKept({ tags }, policy)).toBe(true);
    for (const missing of Object.keys(tags)) {
      const rest = Object.fromEntries(Object.entries(tags).filter(([key]) => key !== missing));
      expect([missing, isKept({ tags: rest }, policy)]).toEqual([missing, false]);
    }
    expect(isKept({ tags, server: other }, policy)).toBe(false);
  });

  it('does not mind what a selector does not ask for', () => {
    const policy = buildLifeline({ ids: [server] }, { servers: { [server]: { service: 'shop', profile: 'medical' } } });

    expect(isKept({ tags: fuseTags({ service: 'matching', profile: 'trading' }) }, policy)).toBe(true);
  });

  it('does not take a selector without fields for one that chooses everything', () => {
    expect(isKept({}, withSelector({}))).toBe(false);
  });
});

describe('listLifelineKinds', () => {
  const lifelines = [{ name: 'ward', kind: 'life-support', servers: { ids: [server] } }];
  const tags = fuseTags({ lifeline: 'grid-dispatch' });

  it.each<[string, Partial<LifelineSigns>, object, string[]]>([
    ['the policy', {}, { lifelines }, ['life-support']],
    ['its tag', { tags }, {}, ['grid-dispatch']],
    ['the tag of an interface', { interfaces: [{ id: 'eni-1', tags }] }, {}, ['grid-dispatch']],
    ['policy and tag together', { tags }, { lifelines }, ['life-support', 'grid-dispatch']],
    ['nothing that is known: then it may be any', {}, {}, ['clearing', 'life-support', 'grid-dispatch']],
  ])('goes by %s', (_, signs, policy, kinds) => {
    expect(listLifelineKinds(buildSigns(signs), buildPolicy({ ...policy }))).toEqual(kinds);
  });
});

function listing(servers: readonly string[]) {
  return { name: 'shop', coreBusiness: false, servers };
}

function entryOf(service: string) {
  return { servers: { [server]: { service } } };
}
