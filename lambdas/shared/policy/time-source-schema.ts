import * as z from 'zod/mini';

/** Milliseconds with up to three decimals, as the document takes them. */
const limitMs = z.number().check(
  z.minimum(0.001),
  z.maximum(99_999),
  z.refine((value) => Number(value.toFixed(3)) === value, { error: 'must have at most three decimals' }),
);
const address = z.string().check(z.regex(/^[0-9A-Fa-f.:]{2,45}$/));

/** How the clock of a lifeline is kept right when its sources fail. Left out: a person is told, nothing is switched. */
export const LifelineTimeSchema = z.strictObject({
  /** Addresses or reference ids, as `chronyc sources` names them, that must answer; the first is the main one. */
  sources: z.array(z.string().check(z.regex(/^[0-9A-Za-z.:]{1,45}$/))).check(z.minLength(1), z.maxLength(8)),
  /** Another NTP server, a reference clock that the daemon knows (a PTP hardware clock), or holdover on the own clock. */
  backup: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('server'), address }),
    z.strictObject({
      kind: z.literal('reference-clock'),
      referenceId: z.string().check(z.regex(/^[0-9A-Za-z]{1,4}$/)),
    }),
    z.strictObject({ kind: z.literal('holdover') }),
  ]),
  /** By how much the clock may be off before the sources count as failed. Left out: thresholds.clockOffsetMs. */
  limitMs: z.optional(limitMs),
});
export type LifelineTime = z.infer<typeof LifelineTimeSchema>;
