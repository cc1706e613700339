import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rehearseAssess } from '../../../../lambdas/assess/rehearsal.ts';
import { rehearseCut } from '../../../../lambdas/revoke-security-groups/rehearsal.ts';
import { rehearse } from '../../../../lambdas/shared/clients/rehearse.ts';

const rehearsals = [
  ['of an assessment', rehearseAssess],
  ['of a network cut', rehearseCut],
] as const;

describe('A rehearsal', () => {
  const spyOnDialling = () => vi.spyOn(Socket.prototype, 'connect');
  let dialling: ReturnType<typeof spyOnDialling>;
  beforeEach(() => void (dialling = spyOnDialling()));
  afterEach(() => void vi.restoreAllMocks());

  it.each(rehearsals)('%s goes well and dials nobody', async (_, perform) => {
    expect(await perform()).toBe(true);
    expect(dialling).not.toHaveBeenCalled();
  });

  it('that goes wrong is told and harms nobody', async () => {
    const fail = async () => Promise.reject(new Error('no such operation'));

    expect(await rehearse(() => null, '', fail)).toBe(false);
  });

  it('has clients with credentials of nobody', async () => {
    const seen: unknown[] = [];

    await rehearse(
      ({ credentials }) => seen.push(credentials),
      '',
      async () => Promise.resolve(),
    );

    expect(seen).toEqual([{ accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' }]);
  });
});
