/** Something of the assembly that is not deployed as it was synthesised. */
export interface Stripped {
  readonly id: string;
  readonly type: string;
  readonly reason: string;
}
