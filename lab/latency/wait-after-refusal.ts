import type { Random } from './random.ts';

/** The SDK's standard mode waits for a random part of this, doubled each time, after a refusal for the rate. */
const sdkBaseMs = 500;
/** Tries of one call inside the SDK, as `clientOptions` sets it. */
const sdkTries = 3;
/** `retryWhile` begins with the first and goes up to the second. */
const firstPauseMs = 200;
const longestPauseMs = 2000;
/** How long a refusal takes to come back. */
const refusalMs = 30;

/**
 * Milliseconds until a refused call is made again: twice by the SDK, then by the product, and again from the beginning.
 * That the product gives one try up after 18 s, and the state machine begins another, is left out.
 */
export function waitAfterRefusal(refusals: number, random: Random): number {
  const round = Math.floor((refusals - 1) / sdkTries);
  const inRound = (refusals - 1) % sdkTries;
  if (inRound < sdkTries - 1) return refusalMs + random() * sdkBaseMs * 2 ** inRound;
  return refusalMs + Math.min(longestPauseMs, firstPauseMs * 2 ** round) * (0.5 + random() / 2);
}
