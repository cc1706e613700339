/** The smallest value that at least this share of all values does not exceed: no value is made up between two. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('Could not take a percentile of no values');
  const sorted = values.toSorted((left, right) => left - right);
  const place = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[place - 1] ?? Number.NaN;
}

/** The middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
