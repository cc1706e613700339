import type { SignalKind } from '../contracts/signal.ts';
import type { AlarmMetric } from './alarm-event.ts';

/** What an alarm watches: one metric, or one column of a Metrics Insights query. */
export interface WatchedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly statistic: string;
  readonly periodSeconds: number;
}

/** `SELECT AVG(CPUUtilization) FROM "AWS/EC2" …` or `… FROM SCHEMA("AWS/EC2", InstanceId) …`. */
const insightsQuery = /^\s*SELECT\s+(\w+)\(\s*"?([\w.-]+)"?\s*\)\s+FROM\s+(?:SCHEMA\(\s*)?"?([\w./-]+)"?/i;
// Such an alarm covers a fleet: one time series, and one contributor event, for each instance.
const groupedQuery = /\bGROUP\s+BY\b/i;

/** Namespace of what applications and functions write about themselves. */
const ownNamespace = 'ConnectionFuse';

/** Namespace of the sensors on the hosts, with the dimension `InstanceId`: no other may be written by a server. */
export const hostNamespace = 'ConnectionFuse/Host';

/** Metrics that mean something by themselves. Clock offsets are written in milliseconds, time differences in seconds. */
const meanings: readonly { namespace: string; name: string; kind: SignalKind; unit: string }[] = [
  { namespace: 'AWS/EC2', name: 'CPUUtilization', kind: 'overload', unit: '%' },
  { namespace: 'CWAgent', name: 'cpu_usage_active', kind: 'overload', unit: '%' },
  { namespace: ownNamespace, name: 'ClockOffset', kind: 'clock-offset', unit: 'ms' },
  { namespace: ownNamespace, name: 'TimeDifference', kind: 'time-difference', unit: 's' },
  { namespace: ownNamespace, name: 'AbnormalOrders', kind: 'abnormal-orders', unit: 'orders' },
  { namespace: ownNamespace, name: 'UnauthorisedAccess', kind: 'unauthorised-access', unit: 'accesses' },
  { namespace: ownNamespace, name: 'TimeZoneConflict', kind: 'time-zone-conflict', unit: 'servers' },
  { namespace: ownNamespace, name: 'OrderStateBackwards', kind: 'order-state-backwards', unit: 'orders' },
  { namespace: ownNamespace, name: 'ZombieConnections', kind: 'zombie-connections', unit: 'connections' },
  { namespace: ownNamespace, name: 'NightLogin', kind: 'night-login', unit: 'logins' },
  { namespace: hostNamespace, name: 'ClockOffset', kind: 'clock-offset', unit: 'ms' },
  { namespace: hostNamespace, name: 'TimeZoneOffset', kind: 'time-zone-conflict', unit: 'min' },
  { namespace: hostNamespace, name: 'ZombieConnections', kind: 'zombie-connections', unit: 'connections' },
  { namespace: hostNamespace, name: 'NightLogins', kind: 'night-login', unit: 'logins' },
  { namespace: ownNamespace, name: 'BusinessOutage', kind: 'business-outage', unit: 'outages' },
];

/** The metric an alarm decides by; undefined for metric math, whose result is no longer any single metric. */
export function findWatchedMetric(metrics: readonly AlarmMetric[]): WatchedMetric | undefined {
  const decisive =
    metrics.find(({ returnData }) => returnData === true) ?? (metrics.length === 1 ? metrics[0] : undefined);
  if (decisive === undefined) return undefined;
  return decisive.metricStat ? readMetricStat(decisive.metricStat) : readInsightsQuery(decisive);
}

/** True for an alarm over many time series that names none of them: its contributors report themselves. */
export function isGroupedQuery(metrics: readonly AlarmMetric[]): boolean {
  return metrics.some(({ expression }) => insightsQuery.test(expression ?? '') && groupedQuery.test(expression ?? ''));
}

/** What the metric means for the fuse, with its unit; `other-alarm` when it is not known. */
export function readMeaning(watched: WatchedMetric | undefined): { readonly kind: SignalKind; readonly unit: string } {
  const known = meanings.find(({ namespace, name }) => namespace === watched?.namespace && name === watched.name);
  return known ?? { kind: 'other-alarm', unit: '' };
}

function readMetricStat({ metric, period, stat }: NonNullable<AlarmMetric['metricStat']>): WatchedMetric {
  return {
    namespace: metric.namespace ?? '',
    name: metric.name ?? '',
    statistic: stat ?? '',
    periodSeconds: period ?? 0,
  };
}

/** The period stands beside the expression, not inside it. */
function readInsightsQuery({ expression, period }: AlarmMetric): WatchedMetric | undefined {
  const match = insightsQuery.exec(expression ?? '');
  if (match === null) return undefined;
  const [, statistic = '', name = '', namespace = ''] = match;
  return { namespace, name, statistic, periodSeconds: period ?? 0 };
}
