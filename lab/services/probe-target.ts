/** Where a health check dials. */
export interface ProbeSpec {
  /** Address the check comes from; the server's own rules judge it like any other. */
  readonly from: string;
  /** Private address of the checked server. */
  readonly address: string;
  readonly port: number;
}

/** Dials a server of the lab as a health check does; true when it answers. */
export type ProbeTarget = (spec: ProbeSpec) => Promise<boolean>;

/** Without hosts nobody answers. */
export const nobodyAnswers: ProbeTarget = async () => await Promise.resolve(false);
