import { describe, expect, it } from 'vitest';
import { matchesSelector } from '../../../../lambdas/shared/policy/selectors.ts';
import { readServerFacts } from '../../../../lambdas/shared/policy/server-facts.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildDescription, fuseTags } from '../../../builders/server.ts';

const id = 'i-0b0c0d0e0f00000a1';

describe('matchesSelector', () => {
  const server = { id, profile: 'trading', service: 'matching', tags: { ward: 'north' } };

  it.each([
    [{ ids: [id] }, true],
    [{ ids: ['i-2'] }, false],
    [{ service: 'matching' }, true],
    [{ service: 'matching', profile: 'medical' as const }, false],
    [{ service: 'matching', profile: 'trading' as const }, true],
    [{ tag: { key: 'ward', value: 'north' } }, true],
    [{ tag: { key: 'ward', value: 'south' } }, false],
    [{ tag: { key: 'toString', value: 'north' } }, false],
    [{ ids: [id], tag: { key: 'ward', value: 'south' } }, false],
    [{}, false],
  ])('asks for every given field: %j', (selector, expected) => {
    expect(matchesSelector(selector, server)).toBe(expected);
  });
});

describe('readServerFacts', () => {
  it('takes profile and service from the tags', () => {
    const description = buildDescription({ tags: fuseTags({ profile: 'trading', service: 'matching' }) });

    expect(readServerFacts(description, buildPolicy())).toMatchObject({
      profile: 'trading',
      service: 'matching',
      coreBusiness: true,
      lifeline: null,
      doubt: null,
    });
  });

  it('lets the policy win over the tags', () => {
    const description = buildDescription({ tags: fuseTags({ profile: 'trading', service: 'matching' }) });
    const policy = buildPolicy({ servers: { [id]: { profile: 'medical', service: 'shop' } } });

    expect(readServerFacts(description, policy)).toMatchObject({
      profile: 'medical',
      service: 'shop',
      coreBusiness: false,
    });
  });

  it('takes the service that lists the server', () => {
    const policy = buildPolicy({ services: [{ name: 'matching', coreBusiness: true, servers: [id] }] });

    expect(readServerFacts(buildDescription(), policy)).toMatchObject({ service: 'matching', coreBusiness: true });
  });

  it('knows a service that the policy does not define, and calls it no core business', () => {
    const description = buildDescription({ tags: fuseTags({ service: 'unheard-of' }) });

    expect(readServerFacts(description, buildPolicy())).toMatchObject({ service: 'unheard-of', coreBusiness: false });
  });

  it.each(['', 'clearing', 'misspelt', 'false'])('takes the lifeline tag with the value %j', (value) => {
    const description = buildDescription({ tags: fuseTags({ lifeline: value }) });

    expect(readServerFacts(description, buildPolicy()).lifeline).toContain('connection-fuse:lifeline');
  });

  it('takes the lifeline tag of any interface', () => {
    const interfaces = [
      { id: 'eni-1', tags: {} },
      { id: 'eni-2', tags: fuseTags({ lifeline: 'clearing' }) },
    ];

    expect(readServerFacts(buildDescription({ interfaces }), buildPolicy()).lifeline).toContain('eni-2');
  });

  it('takes the lifelines of the policy', () => {
    const policy = buildPolicy({ lifelines: [{ name: 'link', kind: 'clearing', servers: { ids: [id] } }] });

    expect(readServerFacts(buildDescription(), policy).lifeline).toBe('Lifeline "link" (clearing) of the policy');
  });

  it('lists the golden channels in the order of the policy', () => {
    const channel = { servers: { service: 'shop' }, direction: 'in', peers: ['10.0.9.0/24'] };
    const goldenChannels = ['monitoring', 'backup'].map((name) => ({ ...channel, name }));
    const other = { ...channel, name: 'other', servers: { service: 'matching' } };
    const policy = buildPolicy({ goldenChannels: [...goldenChannels, other] });

    const facts = readServerFacts(buildDescription({ tags: fuseTags({ service: 'shop' }) }), policy);

    expect(facts.goldenChannels).toEqual(['monitoring', 'backup']);
  });

  it('doubts a profile that is none', () => {
    const description = buildDescription({ tags: fuseTags({ profile: 'Trading' }) });

    expect(readServerFacts(description, buildPolicy())).toMatchObject({
      profile: 'general',
      doubt: 'Tag connection-fuse:profile="Trading" is no profile: its red lines are not known',
    });
  });
});
