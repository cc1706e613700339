import * as z from 'zod/mini';
import type { ParsedEvent, Signal } from '../contracts/signal.ts';
import { AlarmDetailSchema, type AlarmDetail, type AlarmMetric } from './alarm-event.ts';
import { readMeasure } from './alarm-measure.ts';
import { findWatchedMetric, isGroupedQuery, readMeaning } from './alarm-metric.ts';
import type { Envelope } from './envelope.ts';
import { distinct, requireInstanceId } from './instance-ids.ts';
import { readTime } from './read-time.ts';
import { parsePart, rejectEvent } from './reject.ts';

const ChildAlarmsSchema = z.object({
  triggeringAlarms: z.array(z.object({ arn: z.string().check(z.minLength(1)) })),
});

/** A state change of a metric, metric-math or composite alarm, or of one contributor to an alarm. */
export function parseAlarm(envelope: Envelope): ParsedEvent {
  const detail = parsePart(AlarmDetailSchema, envelope.detail, 'CloudWatch alarm event');
  const reason = whyIgnored(detail);
  if (reason !== undefined) return { kind: 'ignored', reason, name: detail.alarmName };
  return { kind: 'signal', signal: toSignal(envelope, detail) };
}

/** Muted and suppressed alarms still send their events; whoever muted them asked for no action. */
function whyIgnored(detail: AlarmDetail): string | undefined {
  if (detail.state.value !== 'ALARM') return `Alarm state is ${detail.state.value}`;
  if (detail.muteDetail !== undefined && detail.muteDetail !== null) return 'Alarm is muted';
  if (detail.state.actionsSuppressedBy) return `Alarm is suppressed by ${detail.state.actionsSuppressedBy}`;
  if (!detail.alarmContributor && isGroupedQuery(detail.configuration?.metrics ?? []))
    return 'The contributors of a grouped alarm report themselves';
  return undefined;
}

function toSignal(envelope: Envelope, detail: AlarmDetail): Signal {
  const alarmArn = readAlarmArn(envelope);
  const occurredAt =
    readTime(detail.state.timestamp) ?? rejectEvent('detail.state.timestamp', 'must be a time', detail.state.timestamp);
  const metrics = detail.configuration?.metrics ?? [];
  const watched = findWatchedMetric(metrics);
  const { kind, unit } = readMeaning(watched);
  const servers = findServers(detail, metrics);
  return {
    source: 'cloudwatch',
    kind,
    // One transition of one alarm (and contributor) is one incident; the next transition is a new one.
    identity: [alarmArn, occurredAt, detail.alarmContributor?.id].filter((part) => part !== undefined).join('#'),
    name: detail.alarmName,
    accountId: envelope.account,
    region: envelope.region,
    servers,
    resource: servers.length === 0 ? alarmArn : null,
    childAlarms: metrics.length === 0 && !detail.alarmContributor ? findChildAlarms(detail) : [],
    remoteAddresses: [],
    localPorts: [],
    role: 'unknown',
    severity: null,
    measure: readMeasure(detail.state, watched, unit),
    occurredAt,
    requestedBy: null,
    reason: null,
  };
}

/** The ARN stands in the envelope only; `alarmName` is not unique over accounts and regions. */
function readAlarmArn({ resources }: Envelope): string {
  const [arn] = resources;
  return arn ?? rejectEvent('resources.0', 'must be the ARN of the alarm', arn);
}

/** Contributor attributes first, then the dimensions; alarms on an Auto Scaling group have no instance. */
function findServers(detail: AlarmDetail, metrics: readonly AlarmMetric[]): string[] {
  const contributor = detail.alarmContributor?.attributes?.['InstanceId'];
  if (contributor !== undefined)
    return [requireInstanceId(contributor, 'detail.alarmContributor.attributes.InstanceId')];
  const ids = metrics.map(({ metricStat }) => metricStat?.metric.dimensions?.['InstanceId']);
  return distinct(
    ids
      .filter((id) => id !== undefined)
      .map((id) => requireInstanceId(id, 'detail.configuration.metrics.metricStat.metric.dimensions.InstanceId')),
  );
}

/** A composite alarm names its children only inside the text of `reasonData`. */
function findChildAlarms({ state }: AlarmDetail): string[] {
  let data: unknown;
  try {
    data = JSON.parse(state.reasonData ?? '');
  } catch {
    return rejectEvent('detail.state.reasonData', 'must be JSON that names the triggering alarms', state.reasonData);
  }
  const { triggeringAlarms } = parsePart(ChildAlarmsSchema, data, 'reasonData of a composite alarm');
  return distinct(triggeringAlarms.map(({ arn }) => arn));
}
