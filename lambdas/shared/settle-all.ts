/**
 * Like Promise.all, but throws the first failure only once every promise has ended. For writes: a function that
 * answers while one of them is still being tried is frozen, and the write would land whenever the process wakes again.
 */
export async function settleAll<const Values extends readonly unknown[]>(
  values: Values,
): Promise<{ -readonly [Index in keyof Values]: Awaited<Values[Index]> }> {
  await Promise.allSettled(values);
  return Promise.all(values);
}
