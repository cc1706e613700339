export const violationKinds = ['lifelineTouched', 'goldenTouched', 'overstated', 'notRestored'] as const;
export type ViolationKind = (typeof violationKinds)[number];

/** Something that must not be, and what was seen of it. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly seen: string;
}

/** Something was told better than it is. */
export function overstated(seen: string): Violation {
  return { kind: 'overstated', seen };
}
