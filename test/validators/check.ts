/** One thing that a validator says about a target. */
export interface Finding {
  /** The validator's own name for the rule. */
  readonly rule: string;
  /** Resource, file or state, as exactly as the validator knows it. */
  readonly where: string;
  readonly message: string;
}

/** What one validator said about one target. */
export interface Check {
  readonly validator: string;
  readonly target: string;
  readonly findings: readonly Finding[];
  /** What the target itself accepts and the validator passed over for it. Default: nothing. */
  readonly accepted?: readonly Excepted[];
}

/** A check after the exceptions: what is left, and what was excepted for which reason. */
export interface Judged extends Check {
  readonly ok: boolean;
  readonly exceptions: readonly Excepted[];
}

/** Findings of one rule that an exception covers. */
export interface Excepted {
  readonly rule: string;
  readonly count: number;
  readonly reason: string;
}

/** A program that judges could not be had: nothing was judged, and that is no success. */
export class ValidatorMissingError extends Error {
  override readonly name = 'ValidatorMissingError';
}

/** The machine's line of a check. */
export function toJsonLine({ validator, target, ok, findings, exceptions }: Judged): string {
  return JSON.stringify({ validator, target, ok, findings, exceptions });
}

/** The lines a watching person reads. */
export function toLines({ validator, target, ok, findings, exceptions }: Judged): string[] {
  const excepted = exceptions.reduce((sum, { count }) => sum + count, 0);
  const note = excepted === 0 ? '' : `, ${excepted} excepted`;
  return [
    `${ok ? 'ok    ' : 'FAILED'} ${validator} | ${target}: ${findings.length} findings${note}`,
    ...findings.map(({ rule, where, message }) => `         ${rule} ${where}: ${message}`),
  ];
}
