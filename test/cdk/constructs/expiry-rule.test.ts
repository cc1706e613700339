import { describe, expect, it } from 'vitest';
import { RestoreRequestSchema } from '../../../lambdas/shared/contracts/restoring.ts';
import { resourcesOf, synthesise } from '../synthesise.ts';

const rule = resourcesOf(synthesise(), 'AWS::Events::Rule').find(({ id }) => id.includes('Expiry'))?.Properties;

describe('ExpiryRule', () => {
  it('asks every five minutes for what is over, by itself and for nothing else', () => {
    const [target, ...more] = rule.Targets;
    const { requestedBy, reason, ...asked } = RestoreRequestSchema.parse(JSON.parse(target.Input));

    expect(more).toEqual([]);
    expect(rule).toMatchObject({ ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED' });
    expect(target.Arn.Ref).toMatch(/^FuseWorkflowsRestoreStateMachine/);
    // A repeat after it may cut again without a person.
    expect(asked).toEqual({ expired: true, automatic: true });
    expect(requestedBy).toBe('connection-fuse');
    expect(reason).not.toBe('');
  });

  it('keeps a request that was not delivered before the next one', () => {
    const [target] = rule.Targets;

    expect(target.RetryPolicy.MaximumEventAgeInSeconds).toBeLessThanOrEqual(300);
    expect(target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/^FuseDeadLettersQueue/);
  });
});
