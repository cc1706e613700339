import type { Function as LambdaFunction, IFunction } from 'aws-cdk-lib/aws-lambda';

/** The functions before the network cut: their cold starts are what the three seconds cannot spare. */
const onCutPath = ['Assess', 'RevokeSecurityGroups'];

/**
 * Keeps copies of the functions on the cut path started, behind an alias that everybody invokes; an event beyond them
 * starts cold, as any does without. With 0 copies the functions themselves are handed back.
 */
export function keepReady<Handles extends Readonly<Record<string, IFunction>>>(
  handles: Handles,
  copies: number,
): Handles {
  if (copies === 0) return handles;
  const ready = onCutPath.map((name) => {
    const handle = handles[name] as LambdaFunction;
    return [name, handle.addAlias('ready', { provisionedConcurrentExecutions: copies })];
  });
  return { ...handles, ...Object.fromEntries(ready) };
}
