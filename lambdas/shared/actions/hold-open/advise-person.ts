import type { Cohort } from '../../contracts/incident.ts';
import type { LifelineKind } from '../../guard/find-lifeline.ts';

/** How each lifeline is kept alive, for the person who does it. */
const steps: Readonly<Record<LifelineKind, string>> = {
  clearing: 'check both NTP sources and the hot standby; switch to PTP when they fail',
  'life-support': 'check GPS time and the redundant fibre; the bypass to the direct physical link is your decision',
  'grid-dispatch': 'check BeiDou-3 and the ground augmentation; carry on with the hardware clock in holdover',
};

/** What a person has to see to where the fuse cannot, one sentence for each kind of lifeline. Pure. */
export function advisePerson({ lifelineKinds }: Pick<Cohort, 'lifelineKinds'>): string {
  const advice = lifelineKinds.map((kind) => `${kind}: ${steps[kind]}`);
  return ['Nothing was cut: keep the lifeline alive by hand', ...advice].join('. ');
}
