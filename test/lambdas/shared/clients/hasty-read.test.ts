import { describe, expect, it } from 'vitest';
import { clientOptions } from '../../../../lambdas/shared/clients/client-options.ts';
import { hastyOptions, makeHastyClients, readHastily } from '../../../../lambdas/shared/clients/hasty-read.ts';
import { LookupFailedError, ThrottledError } from '../../../../lambdas/shared/errors.ts';

const clients = { hasty: 'hasty', patient: 'patient' };
const timeout = new LookupFailedError('Late', { cause: Object.assign(new Error('late'), { name: 'TimeoutError' }) });

/** Answers by the client's name, and fails for the hasty one. */
async function readFailing(error: Error): Promise<string> {
  return readHastily(clients, async (client) => {
    if (client === 'hasty') throw error;
    return client;
  });
}

describe('readHastily', () => {
  it('asks once where the answer comes', async () => {
    const asked: string[] = [];

    await readHastily(clients, async (client) => asked.push(client));

    expect(asked).toEqual(['hasty']);
  });

  it.each([
    ['late', timeout],
    ['throttled', new ThrottledError('Slow down')],
  ])('asks again with patience where the answer was %s', async (_title, error) => {
    expect(await readFailing(error)).toBe('patient');
  });

  it('does not ask again where the answer was no', async () => {
    const denied = new LookupFailedError('No', { cause: new Error('UnauthorizedOperation') });

    await expect(readFailing(denied)).rejects.toBe(denied);
  });
});

describe('makeHastyClients', () => {
  it('makes one that gives up after a second and one with the options of every client', () => {
    const { hasty, patient } = makeHastyClients((options) => options);

    expect(hasty).toMatchObject({ maxAttempts: 2, requestHandler: { requestTimeout: 1000 } });
    expect(patient).toEqual(clientOptions);
    expect(hastyOptions.requestHandler).toMatchObject({ throwOnRequestTimeout: true });
  });
});
