import { describe, expect, it } from 'vitest';
import { ledServices } from '../../../lab/faults/led-services.ts';
import { listRuns } from '../../../lab/faults/runs.ts';
import { FailOverSchema } from '../../../lambdas/shared/policy/fail-over-schema.ts';

describe('the services that the fault runs lead otherwise', () => {
  it('show every manner of fail-over that a policy may declare, there and back', () => {
    const manners = FailOverSchema.def.options.map(({ shape }) => shape.by.def.values[0]);
    const names = listRuns().map(({ name }) => name);

    expect(new Set(ledServices.map(({ how }) => how.by))).toEqual(new Set(manners));
    for (const { by } of ledServices) {
      expect(names).toContain(`fail-over by ${by}`);
      expect(names).toContain(`restore of fail-over by ${by}`);
    }
  });

  it('are as a policy may declare them, each on servers of its own', () => {
    for (const { how } of ledServices) expect(FailOverSchema.safeParse(how).success).toBe(true);
    expect(new Set(ledServices.map(({ standby }) => standby.id)).size).toBe(ledServices.length);
    expect(new Set(ledServices.map(({ standby }) => standby.address)).size).toBe(ledServices.length);
  });
});
