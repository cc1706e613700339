import { describe, expect, it } from 'vitest';
import { toScope } from '../../../cli/commands/review.ts';
import { ReviewScopeSchema } from '../../../lambdas/shared/reviews/review-event.ts';
import { runFuse } from '../run-fuse.ts';

describe('the scope of fuse review', () => {
  it.each([
    ['service=ledger', { service: 'ledger' }],
    ['profile=trading', { profile: 'trading' }],
    ['server=i-1', { servers: ['i-1'] }],
    [['server=i-1', 'server=i-2'], { servers: ['i-1', 'i-2'] }],
  ])('reads %j', (given, scope) => {
    expect(ReviewScopeSchema.parse(toScope(given))).toEqual(scope);
  });

  it.each([[['service=ledger', 'server=i-1']], ['tag=x'], ['service'], [undefined], ['profile=nobody']])(
    'takes no %j',
    (given) => {
      expect(ReviewScopeSchema.safeParse(toScope(given)).success).toBe(false);
    },
  );

  it('does not choose between two', () => {
    expect(() => toScope(['service=ledger', 'service=shop'])).toThrow('A review has one scope');
  });
});

describe('fuse review', () => {
  it.each([
    [['review', 'lift', 'export'], 'There is no review verb "lift"'],
    [['review', 'open'], 'The review is not named'],
    [['review', 'close', 'export'], 'reason: must be string'],
  ])('tells the next step for %j, and asks nobody', async (args, words) => {
    const { status, stderr } = await runFuse(args);

    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(words) });
  });
});
