/** A number from 0 up to 1, as `Math.random` gives it. */
export type Random = () => number;

const modulus = 2 ** 31 - 1;
const multiplier = 48_271;

/** The minimal standard generator of Park and Miller: the same seed gives the same draws, on every machine. */
export function createRandom(seed: number): Random {
  // Zero would stay zero.
  let state = (Math.abs(Math.trunc(seed)) % (modulus - 1)) + 1;
  return () => {
    state = (state * multiplier) % modulus;
    return (state - 1) / (modulus - 1);
  };
}
