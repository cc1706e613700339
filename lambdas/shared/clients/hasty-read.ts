import { ThrottledError } from '../errors.ts';
import { clientOptions } from './client-options.ts';

/**
 * Options for calls on the way to the cut that may be made twice: reads, and puts on a condition. A socket that hangs
 * costs one of the three seconds, not all of them.
 */
export const hastyOptions = {
  ...clientOptions,
  requestHandler: { ...clientOptions.requestHandler, connectionTimeout: 500, requestTimeout: 1_000 },
} as const;

/** The same client twice: one that soon gives a call up, and one that waits as long as others do. */
export interface HastyClients<Client> {
  readonly hasty: Client;
  readonly patient: Client;
}

/**
 * Makes two clients. The hasty one tries twice only: an answer that is late twice is no hung socket but a slow service,
 * and that has to be waited for, as the description of a fleet may well take more than a second.
 */
export function makeHastyClients<Client>(
  make: (options: { readonly maxAttempts: number; readonly requestHandler: object }) => Client,
): HastyClients<Client> {
  return { hasty: make({ ...hastyOptions, maxAttempts: 2 }), patient: make(clientOptions) };
}

/** Reads in haste, then once more with patience where the service was late or asked to slow down. */
export async function readHastily<Client, Found>(
  { hasty, patient }: HastyClients<Client>,
  read: (client: Client) => Promise<Found>,
): Promise<Found> {
  try {
    return await read(hasty);
  } catch (error) {
    if (!(error instanceof ThrottledError) && !isTimeout(error)) throw error;
    return read(patient);
  }
}

/** Reads wrap what the SDK threw. */
function isTimeout(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.name === 'TimeoutError';
}
