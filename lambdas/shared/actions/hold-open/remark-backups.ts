import type { Remark } from '../../contracts/action.ts';
import { listLifelines, type LifelineKind } from '../../guard/find-lifeline.ts';
import type { Policy } from '../../policy/policy-schema.ts';
import type { ServerDescription } from '../../policy/server-facts.ts';
import type { LifelineTime } from '../../policy/time-source-schema.ts';

/** What each kind of lifeline is expected to fall back to; of life support nothing certain is. */
const expected: Readonly<Partial<Record<LifelineKind, { kind: LifelineTime['backup']['kind']; words: string }>>> = {
  clearing: { kind: 'reference-clock', words: 'a PTP hardware clock' },
  'grid-dispatch': { kind: 'holdover', words: 'holdover' },
};

/**
 * Says of each lifeline of these servers whose backup is another than its kind is expected to have. It is held all the
 * same: a weaker backup is better than none, but somebody should know. Pure.
 */
export function remarkBackups(descriptions: readonly ServerDescription[], policy: Policy): Remark[] {
  const signs = descriptions.map(({ id, ...rest }) => ({ server: id, ...rest }));
  const lifelines = new Set(signs.flatMap((one) => listLifelines(one, policy)));
  return [...lifelines].flatMap(({ name, kind, time }) => {
    const wanted = expected[kind];
    if (wanted === undefined || time === undefined || time.backup.kind === wanted.kind) return [];
    const reason = `Its backup is "${time.backup.kind}", expected of ${kind}: ${wanted.words}`;
    return [{ target: `lifeline:${name}`, reason }];
  });
}
