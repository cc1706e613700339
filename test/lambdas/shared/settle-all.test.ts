import { describe, expect, it } from 'vitest';
import { settleAll } from '../../../lambdas/shared/settle-all.ts';

describe('settleAll', () => {
  it('gives every value in its place', async () => {
    expect(await settleAll([Promise.resolve('a'), 2, Promise.resolve(3)])).toEqual(['a', 2, 3]);
  });

  it('throws the first failure after the slowest has ended', async () => {
    const order: string[] = [];
    const fail = async (): Promise<never> => await Promise.reject(new RangeError('first'));
    const lag = async (): Promise<void> => {
      for (let pause = 0; pause < 50; pause += 1) await Promise.resolve();
      order.push('slow one ended');
    };

    await expect(settleAll([lag(), fail()]).finally(() => order.push('thrown'))).rejects.toThrow(RangeError);
    expect(order).toEqual(['slow one ended', 'thrown']);
  });
});
