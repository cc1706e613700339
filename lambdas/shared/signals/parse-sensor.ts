import * as z from 'zod/mini';
import { ServerIdSchema, signalKinds, type Measure, type ParsedEvent, type SignalKind } from '../contracts/signal.ts';
import { isAddress, readAddresses } from './addresses.ts';
import { digestContent } from './content-digest.ts';
import type { Envelope } from './envelope.ts';
import { distinct } from './instance-ids.ts';
import { readTime } from './read-time.ts';
import { parsePart, rejectEvent } from './reject.ts';

export const sensorSource = 'connection-fuse.sensor';
export const sensorDetailType = 'Host Sensor Signal';

const address = z.string().check(z.refine(isAddress, 'must be an IP address'));
const port = z.int().check(z.minimum(1), z.maximum(65_535));

/** Beyond any clock, load or count; near the end of the number range a change of unit would make it infinite. */
const measuredNumber = z.number().check(z.minimum(-1e15), z.maximum(1e15));

/** A conflict between servers is one signal for all of them. */
export const mostServersOfSignal = 500;

/** Our own event, so unknown keys are refused. */
export const SensorDetailSchema = z.strictObject({
  instanceId: z.optional(ServerIdSchema),
  /** Several servers, in the place of `instanceId`. */
  instanceIds: z.optional(z.array(ServerIdSchema).check(z.minLength(1), z.maxLength(mostServersOfSignal))),
  kind: z.enum(signalKinds),
  value: z.optional(measuredNumber),
  limit: z.optional(measuredNumber),
  unit: z.optional(z.string()),
  seconds: z.optional(z.number().check(z.minimum(0))),
  remoteAddresses: z.optional(z.array(address).check(z.maxLength(1000))),
  ports: z.optional(z.array(port).check(z.maxLength(100))),
  observedAt: z.string(),
  /** Chosen by the sensor; a signal that is sent again carries the same, with the same content. */
  signalId: z.string().check(z.minLength(1), z.maxLength(200)),
});
type SensorDetail = z.infer<typeof SensorDetailSchema>;
/** What a sensor sends. */
export type SensorReport = z.input<typeof SensorDetailSchema>;

/** Kinds that are judged by their value, with the unit the policy's limit has and the factors into it. */
export const measuredKinds: Partial<Record<SignalKind, { unit: string; factors: Readonly<Record<string, number>> }>> = {
  'clock-offset': { unit: 'ms', factors: { ms: 1, s: 1000, us: 0.001, ns: 0.000_001 } },
  'time-difference': { unit: 's', factors: { s: 1, ms: 0.001 } },
  overload: { unit: '%', factors: { '%': 1, percent: 1, Percent: 1 } },
};

/**
 * A signal of the sensor on a host, sent through the fuse's own event source. Nothing proves who sent it: whoever may
 * put events on the bus can name any server and any kind, so what such a signal may cut is limited in answers/.
 */
export function parseSensor(envelope: Envelope): ParsedEvent {
  const detail = parsePart(SensorDetailSchema, envelope.detail, 'Host sensor signal');
  const servers = distinct(detail.instanceIds ?? [detail.instanceId ?? []].flat());
  if (servers.length === 0 || (detail.instanceIds && detail.instanceId)) {
    return rejectEvent('detail.instanceId', 'must be given, or instanceIds in its place', detail.instanceId);
  }
  const content = {
    kind: detail.kind,
    servers,
    remoteAddresses: readAddresses(detail.remoteAddresses ?? []),
    localPorts: distinct(detail.ports ?? []),
    measure: readSensorMeasure(detail),
  };
  const { account, region } = envelope;
  return {
    kind: 'signal',
    signal: {
      ...content,
      source: 'host-sensor',
      identity: [sensorSource, account, region, detail.instanceId ?? '', detail.signalId, digestContent(content)].join(
        ':',
      ),
      name: detail.kind,
      accountId: account,
      region,
      resource: null,
      childAlarms: [],
      // A sensor sits on the server and reports those who attack it.
      role: detail.kind === 'brute-force' ? 'target' : 'unknown',
      severity: null,
      occurredAt: readTime(detail.observedAt) ?? rejectEvent('detail.observedAt', 'must be a time', detail.observedAt),
      requestedBy: null,
      reason: null,
    },
  };
}

/** A kind that is judged by its value must bring one: without it nothing could be decided, only guessed. */
function readSensorMeasure({ kind, value, limit, unit, seconds = 0 }: SensorDetail): Measure | null {
  const measured = measuredKinds[kind];
  if (value === undefined) {
    return measured === undefined ? null : rejectEvent('detail.value', `must be given for kind "${kind}"`, value);
  }
  const factor = measured === undefined ? 1 : readFactor(measured.factors, unit ?? measured.unit);
  return {
    value: value * factor,
    limit: limit === undefined ? null : limit * factor,
    unit: measured?.unit ?? unit ?? '',
    seconds,
  };
}

/** Own keys only: a unit named `constructor` is no unit. */
function readFactor(factors: Readonly<Record<string, number>>, unit: string): number {
  const known = Object.keys(factors);
  return known.includes(unit)
    ? Number(factors[unit])
    : rejectEvent('detail.unit', `must be one of ${known.join(', ')}`, unit);
}
