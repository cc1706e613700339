import type { Random } from './random.ts';

/** A time with a tail to the right: half of all draws are below `p50Ms`, 99 of 100 below `p99Ms`. */
export interface Distribution {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** 99 of 100 draws of a standard normal are below this. */
const normalP99 = 2.326_347_87;

/** Draws from the log-normal distribution through both points: the usual shape of a service's answers. */
export function draw({ p50Ms, p99Ms }: Distribution, random: Random): number {
  if (p50Ms <= 0) return 0;
  return p50Ms * Math.exp((Math.log(p99Ms / p50Ms) / normalP99) * drawNormal(random));
}

/** Box and Muller's way; the logarithm of zero is kept away. */
function drawNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
