import { showValue } from '../contracts/parse.ts';

/** One thing that is wrong with a policy: where, which rule it breaks and what stands there. */
export interface PolicyFault {
  readonly path: string;
  readonly rule: string;
  readonly value: unknown;
}

export function describeFault({ path, rule, value }: PolicyFault): string {
  return `${path}: ${rule}, got ${showValue(value)}`;
}

/** A fault for every entry whose key an earlier one has already. */
export function findDuplicates<Entry>(
  entries: readonly Entry[],
  keyOf: (entry: Entry) => string | undefined,
  pathOf: (index: number) => string,
): PolicyFault[] {
  const keys = entries.map(keyOf);
  return keys.flatMap((key, index) => {
    const first = keys.indexOf(key);
    if (key === undefined || first === index) return [];
    return [{ path: pathOf(index), rule: `must differ from ${pathOf(first)}`, value: key }];
  });
}
