/** Options of a client that speaks to nobody. */
export type RehearsalOptions = ReturnType<typeof rehearsalOptions>;

/**
 * Makes calls whose answer comes from here, by a client of their own, while the function is made ready: the SDK's code is
 * then compiled and warm before there is an event. Returns whether they went well; for a function that is of no consequence.
 */
export async function rehearse<Client>(
  make: (options: RehearsalOptions) => Client,
  answer: string,
  perform: (client: Client) => Promise<unknown>,
): Promise<boolean> {
  try {
    await perform(make(rehearsalOptions(answer)));
    return true;
  } catch {
    return false;
  }
}

function rehearsalOptions(answer: string) {
  const response = { statusCode: 200, headers: {}, body: Buffer.from(answer) };
  return {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' },
    maxAttempts: 1,
    requestHandler: { handle: async () => Promise.resolve({ response }) },
  };
}
