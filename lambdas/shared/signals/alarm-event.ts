import * as z from 'zod/mini';

const text = z.nullish(z.string());

const metric = z.object({
  expression: text,
  period: z.nullish(z.number()),
  returnData: z.nullish(z.boolean()),
  metricStat: z.nullish(
    z.object({
      metric: z.object({ namespace: text, name: text, dimensions: z.nullish(z.record(z.string(), z.unknown())) }),
      period: z.nullish(z.number()),
      stat: text,
    }),
  ),
});
export type AlarmMetric = z.infer<typeof metric>;

const state = z.object({
  value: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
  timestamp: z.string(),
  reason: text,
  /** JSON as a string. */
  reasonData: text,
  actionsSuppressedBy: text,
});

/** `detail` of an alarm's state change, or of one contributor to it. */
export const AlarmDetailSchema = z.object({
  // CloudWatch allows 255.
  alarmName: z.string().check(z.minLength(1), z.maxLength(255)),
  state,
  configuration: z.nullish(z.object({ metrics: z.nullish(z.array(metric)), alarmRule: text })),
  alarmContributor: z.nullish(
    z.object({ id: z.string().check(z.minLength(1)), attributes: z.nullish(z.record(z.string(), z.unknown())) }),
  ),
  muteDetail: z.optional(z.unknown()),
});
export type AlarmDetail = z.infer<typeof AlarmDetailSchema>;
